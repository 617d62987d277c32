import assert from 'node:assert/strict';

/** Samples by name and labels, as `name{label="value"}`. */
export type MetricsPage = ReadonlyMap<string, number>;

const SAMPLE =
  /^([a-zA-Z_:][\w:]*)(\{[a-zA-Z_]\w*="(?:[^"\\\n]|\\["\\n])*"(?:,[a-zA-Z_]\w*="(?:[^"\\\n]|\\["\\n])*")*\})? (\S+)$/;

/** Reads a page as a collector does; fails where its grammar is not that of the text format 0.0.4. */
export function parseMetrics(text: string): MetricsPage {
  const page = new Map<string, number>();
  const types = new Map<string, string>();
  let current = '';
  assert.ok(text.endsWith('\n'));
  for (const line of text.slice(0, -1).split('\n')) {
    const type = /^# TYPE (\S+) (counter|gauge|histogram)$/.exec(line);
    if (type !== null) {
      current = type[1] ?? '';
      assert.ok(!types.has(current), `${current} is told once`);
      types.set(current, type[2] ?? '');
      continue;
    }
    if (/^# HELP \S+ .+$/.test(line)) continue;
    const [, name = '', labels = '', value] = SAMPLE.exec(line) ?? assert.fail(`no sample: ${line}`);
    const family = types.get(current) === 'histogram' ? name.replace(/_(bucket|sum|count)$/, '') : name;
    assert.equal(family, current, line);
    assert.equal(name.endsWith('_total'), types.get(current) === 'counter', line);
    assert.ok(!page.has(name + labels), `${name}${labels} is told once`);
    page.set(name + labels, Number(value));
  }
  return page;
}

/** The page of an admin endpoint as it is now. */
export async function readMetrics(admin: string | undefined): Promise<MetricsPage> {
  const response = await fetch(`${admin}metrics`, { headers: { connection: 'close' } });
  assert.equal(response.status, 200);
  assert.equal(response.headers.get('content-type'), 'text/plain; version=0.0.4; charset=utf-8');
  return parseMetrics(await response.text());
}

/** The page once no request is in flight and no connection open. */
export async function readQuietMetrics(admin: string | undefined): Promise<MetricsPage> {
  for (;;) {
    const page = await readMetrics(admin);
    if (page.get('heddle_http_requests_in_flight') === 0 && page.get('heddle_connections_open') === 0)
      return page;
  }
}

/** The requests that are over, of all methods and codes, or of one code. */
export function requestsOf(page: MetricsPage, code?: string): number {
  let sum = 0;
  for (const [key, value] of page) {
    if (!key.startsWith('heddle_http_requests_total{')) continue;
    if (code === undefined || key.includes(`code="${code}"`)) sum += value;
  }
  return sum;
}

/** One number of a metric. */
export interface Sample {
  /** What tells it from the others of its metric. @default nothing */
  readonly labels?: Readonly<Record<string, string | number>>;
  /** What it is now. */
  readonly value: number;
  /** What its name has behind that of the metric, such as `_bucket`. @default nothing */
  readonly suffix?: '_bucket' | '_sum' | '_count';
}

/** One metric with all of its samples. */
export interface Metric {
  /** Its name, with the unit, and `_total` for a counter. */
  readonly name: string;
  /** What may be done with it. */
  readonly type: 'counter' | 'gauge' | 'histogram';
  /** One sentence. */
  readonly help: string;
  /** In any order; none: the metric is left out. */
  readonly samples: readonly Sample[];
}

/** The media type of {@link formatMetrics}. */
export const METRICS_MEDIA_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

/**
 * Metrics in the text format of Prometheus, 0.0.4, which every collector reads.
 * @param metrics names are taken as they are, label values are escaped
 */
export function formatMetrics(metrics: readonly Metric[]): string {
  let text = '';
  for (const { name, type, help, samples } of metrics) {
    if (samples.length === 0) continue;
    text += `# HELP ${name} ${help.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')}\n# TYPE ${name} ${type}\n`;
    for (const { labels, value, suffix = '' } of samples) {
      text += `${name}${suffix}${formatLabels(labels)} ${formatValue(value)}\n`;
    }
  }
  return text;
}

function formatLabels(labels: Sample['labels']): string {
  const pairs = Object.entries(labels ?? {}).map(
    ([name, value]) => `${name}="${escapeLabel(String(value))}"`,
  );
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}

function escapeLabel(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}

function formatValue(value: number): string {
  if (Number.isFinite(value)) return String(value);
  return Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf';
}

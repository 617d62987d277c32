/** What the reader gives: scalars as text. */
export type Yaml = string | readonly Yaml[] | { readonly [key: string]: Yaml };

interface Line {
  readonly indent: number;
  readonly text: string;
}

/**
 * Reads YAML of the plainest kind: maps and lists in block style, plain or double-quoted scalars on one line, `{}`, and
 * comments on lines of their own. Anything else is an error, so that nothing is read otherwise than by other readers.
 */
export function readYaml(text: string): Yaml {
  const lines = text
    .split('\n')
    .filter((line) => !/^\s*(?:#|$)/.test(line))
    .map((line) => ({ indent: line.search(/\S/), text: line.trimStart() }));
  const value = readBlock(lines, 0);
  if (lines.length > 0) throw new Error(`not read: ${lines[0]?.text}`);
  return value;
}

function readBlock(lines: Line[], indent: number): Yaml {
  const first = lines[0];
  if (first?.indent !== indent) throw new Error(`no block at ${indent}: ${first?.text}`);
  return first.text.startsWith('- ') ? readList(lines, indent) : readMap(lines, indent);
}

function readList(lines: Line[], indent: number): Yaml {
  const items: Yaml[] = [];
  while (lines[0]?.indent === indent && lines[0].text.startsWith('- ')) {
    const text = lines[0].text.slice(2);
    if (isPair(text)) {
      lines[0] = { indent: indent + 2, text };
      items.push(readMap(lines, indent + 2));
    } else {
      lines.shift();
      items.push(readScalar(text));
    }
  }
  return items;
}

function readMap(lines: Line[], indent: number): Yaml {
  const map: Record<string, Yaml> = {};
  while (lines[0]?.indent === indent && !lines[0].text.startsWith('- ')) {
    const line = lines.shift()?.text ?? '';
    const [, key, rest] = /^([\w./-]+):(?: (.+))?$/.exec(line) ?? [];
    if (key === undefined || key in map) throw new Error(`no key, or one that is there twice: ${line}`);
    map[key] = rest === undefined ? readBlock(lines, indent + 2) : readScalar(rest);
  }
  return map;
}

function isPair(text: string): boolean {
  return /^[\w./-]+:(?: |$)/.test(text);
}

function readScalar(text: string): Yaml {
  if (text === '{}') return {};
  const quoted = /^"([^"\\]*)"$/.exec(text)?.[1];
  if (quoted !== undefined) return quoted;
  // Without what begins something else, and without what a comment or a key would be.
  if (/^[\w./-][\w./:=@-]*$/.test(text) && !/:$/.test(text) && !/^- /.test(text)) return text;
  throw new Error(`no plain scalar: ${text}`);
}

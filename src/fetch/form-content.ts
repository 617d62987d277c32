/** A form as content: its bytes, which are read when they are sent, and its type with the boundary. */
export interface FormContent {
  /** Refers to the form's files and holds none of their bytes. */
  readonly blob: Blob;
  /** For the content-type field. */
  readonly type: string;
}

/**
 * A form in `multipart/form-data` (RFC7578, HTML Standard, 4.10.21.8).
 *
 * Node's own stream of a form reads all files at once, whether or not somebody takes their bytes, and when it is
 * cancelled meanwhile it throws where nobody can catch it: the answer to a HEAD would end the thread.
 * @param form fields and files; what is changed later does not change the content
 */
export function contentOfForm(form: FormData): FormContent {
  const boundary = `----formdata-heddle-${crypto.randomUUID()}`;
  const parts: (string | Blob)[] = [];
  for (const [name, value] of form) {
    const head = `--${boundary}\r\nContent-Disposition: form-data; name="${escaped(withCrlf(name))}"`;
    if (typeof value === 'string') parts.push(`${head}\r\n\r\n${withCrlf(value)}\r\n`);
    else {
      const type = value.type === '' ? 'application/octet-stream' : value.type;
      parts.push(
        `${head}; filename="${escaped(value.name)}"\r\nContent-Type: ${type}\r\n\r\n`,
        value,
        '\r\n',
      );
    }
  }
  parts.push(`--${boundary}--\r\n`);
  return { blob: new Blob(parts), type: `multipart/form-data; boundary=${boundary}` };
}

function withCrlf(text: string): string {
  return text.replace(/\r?\n|\r/g, '\r\n');
}

function escaped(name: string): string {
  return name.replaceAll('\n', '%0A').replaceAll('\r', '%0D').replaceAll('"', '%22');
}

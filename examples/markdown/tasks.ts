import { marked } from 'marked';

/**
 * Markdown to HTML: some milliseconds for a page, a second for a book.
 * @param text in Markdown
 */
export function render(text: string): string {
  return marked.parse(text, { async: false });
}

import assert from 'node:assert/strict';
import { SaxesParser } from 'saxes';

export type XmlElement = { name: string; attributes: Readonly<Record<string, string>>; children: XmlElement[]; text: string };

/** @throws where the document, or the HTML page, is not well-formed XML */
export function parseXml(text: string): XmlElement {
  const document: XmlElement = { name: '', attributes: {}, children: [], text: '' };
  const open = [document];
  const parser = new SaxesParser();
  parser.on('error', (error) => {
    throw error;
  });
  parser.on('opentag', ({ name, attributes }) => {
    const element = { name, attributes, children: [], text: '' };
    open.at(-1)?.children.push(element);
    open.push(element);
  });
  parser.on('text', (characters) => {
    const element = open.at(-1);
    if (element !== undefined) element.text += characters;
  });
  parser.on('closetag', () => void open.pop());
  parser.write(text.replace(/^<!doctype html>\n/, '')).close();
  const [root] = document.children;
  assert.ok(root);
  return root;
}

/** The element and all below it. */
export function everyElement(element: XmlElement): XmlElement[] {
  return [element, ...element.children.flatMap(everyElement)];
}

import assert from 'node:assert/strict';

// A strict reader may reject a report that a lenient one accepts.

export type XmlElement = { name: string; attributes: Readonly<Record<string, string>>; children: readonly XmlElement[]; text: string };

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

/** A strict parser of XML without namespaces, comments and CDATA: a document that is not well-formed fails the test. */
export function parseXml(text: string): XmlElement {
  // oxlint-disable-next-line no-control-regex -- XML 1.0, section 2.2: a document must not contain these characters.
  assert.doesNotMatch(text, /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/, 'a character that XML does not have');
  assert.ok(text.isWellFormed(), 'a lone surrogate');
  let rest = text.replace(/^<\?xml version="1\.0" encoding="UTF-8"\?>\n|^<!doctype html>\n/, '');
  const root = element();
  assert.equal(rest.trim(), '', 'something follows the root element');
  return root;

  function take(pattern: RegExp): RegExpExecArray {
    const found = pattern.exec(rest);
    assert.ok(found !== null && found.index === 0, `no ${String(pattern)} at: ${rest.slice(0, 80)}`);
    rest = rest.slice(found[0].length);
    return found;
  }

  function element(): XmlElement {
    const [, name = ''] = take(/^\s*<([a-z][\w-]*)/i);
    const attributes: Record<string, string> = {};
    for (;;) {
      const found = /^\s+([a-zA-Z][\w:-]*)="([^"<]*)"/.exec(rest);
      if (found === null) break;
      const [whole, key = '', value = ''] = found;
      assert.ok(!Object.hasOwn(attributes, key), `<${name}> has ${key} twice`);
      attributes[key] = decoded(value);
      rest = rest.slice(whole.length);
    }
    if (take(/^\s*(\/?)>/)[1] === '/') return { name, attributes, children: [], text: '' };
    const children: XmlElement[] = [];
    let content = '';
    for (;;) {
      content += decoded(take(/^[^<]*/)[0]);
      if (rest.startsWith('</')) break;
      children.push(element());
    }
    take(new RegExp(`^</${name}\\s*>`));
    return { name, attributes, children, text: content };
  }
}

function decoded(text: string): string {
  assert.doesNotMatch(text, /&(?!(#\d+|#x[\da-f]+|amp|lt|gt|quot|apos);)/i, 'a bare ampersand');
  return text.replaceAll(/&(?:#(\d+)|(\w+));/g, (_, number: string | undefined, name: string | undefined) =>
    number === undefined ? (ENTITIES[name ?? ''] ?? '') : String.fromCodePoint(Number(number)),
  );
}

/** The element and all below it. */
export function everyElement(element: XmlElement): XmlElement[] {
  return [element, ...element.children.flatMap(everyElement)];
}

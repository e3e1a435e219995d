// What an entry point exports, as plain data: read from the sources, so that nothing has to be built first.
//
// An item is `{ name, kind, doc, defaultValue, throws, head, members, text, events }`, as far as it has them.

import * as is from 'typescript/unstable/ast/is';
import { SymbolFlags } from 'typescript/unstable/sync';
import { askCompiler, root } from '../compiler.mjs';
import { entries } from '../entries.mjs';

/** What is called comes first. */
const RANK = ['class', 'function', 'interface', 'events', 'type', 'const'];

/** `{ points: [{ name, items }], mentioned: [item] }`; the latter stand in signatures and are exported by none. */
export function describePackage() {
  const files = Object.fromEntries(Object.values(entries).map((source) => [root + source, undefined]));
  return askCompiler(files, ({ program, checker }) => {
    const seen = new Map();
    const points = Object.entries(entries).map(([name, source]) => {
      const module = checker.getSymbolAtLocation(program.getSourceFile(root + source));
      const items = checker.getExportsOfModule(module).map((found) => {
        const symbol = resolve(checker, found);
        const declaration = symbol.declarations[0].resolve();
        seen.set(symbol.name, declaration);
        return describe(symbol.name, declaration);
      });
      items.sort((a, b) => RANK.indexOf(a.kind) - RANK.indexOf(b.kind));
      return { name: name === 'openqoe' ? '@openqoe/sdk' : `@openqoe/sdk/${name}`, items };
    });
    return { points, mentioned: followMentions(checker, seen) };
  });
}

/** What an import or a re-export stands for. */
function resolve(checker, symbol) {
  return symbol && symbol.flags & SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
}

/** Of our own types, those that are needed to read the others. */
function followMentions(checker, seen) {
  const items = [];
  const waiting = [...seen.values()];
  for (const declaration of waiting) {
    for (const name of publicTypeNames(declaration)) {
      const symbol = resolve(checker, checker.getSymbolAtLocation(name));
      const target = symbol?.declarations[0]?.resolve();
      const isOurs = target?.getSourceFile().fileName.startsWith(`${root}src/core/`);
      if (!isOurs || is.isTypeParameterDeclaration(target) || seen.has(symbol.name)) continue;
      seen.set(symbol.name, target);
      waiting.push(target);
      items.push(describe(symbol.name, target));
    }
  }
  return items;
}

function publicTypeNames(node, found = []) {
  if (is.isTypeReferenceNode(node)) found.push(node.typeName);
  const isBody = is.isBlock(node) || is.isObjectLiteralExpression(node);
  if (!isBody && !isHidden(node)) node.forEachChild((child) => void publicTypeNames(child, found));
  return found;
}

function describe(name, node) {
  const about = { name, ...readDoc(node) };
  if (is.isClassDeclaration(node)) return { ...about, kind: 'class', members: describeMembers(node) };
  if (is.isInterfaceDeclaration(node)) {
    const head = name + parameters(node.typeParameters, ['<', '>']);
    return { ...about, kind: 'interface', head, members: describeMembers(node) };
  }
  if (is.isFunctionDeclaration(node))
    return { ...about, kind: 'function', text: `function ${signature(name, node)}` };
  if (is.isVariableDeclaration(node)) {
    // The value of one without a type is a version, which would make the page outdated with each.
    const type = node.type?.getText() ?? 'string';
    return { ...about, ...readDoc(node.parent.parent), kind: 'const', text: `const ${name}: ${type}` };
  }
  const events = is.isUnionTypeNode(node.type) ? node.type.types.map(describeEvent) : [undefined];
  if (events.every((event) => event)) return { ...about, kind: 'events', events };
  return {
    ...about,
    kind: 'type',
    text: node
      .getText()
      .replace(/^export /, '')
      .replace(/;$/, ''),
  };
}

/** `{ type: 'rate'; rate: number }` as `{ name: 'rate', fields: 'rate: number' }`. */
function describeEvent(node) {
  const [type, ...fields] = is.isTypeLiteralNode(node) ? node.members : [];
  if (type?.name.getText() !== 'type') return undefined;
  const name = type.type.getText().slice(1, -1);
  return { name, fields: fields.map((field) => field.getText().replace(/;$/, '')) };
}

function describeMembers(node) {
  return node.members
    .filter((member) => !isHidden(member))
    .map((member) => {
      const doc = readDoc(member);
      if (is.isConstructorDeclaration(member)) {
        return { ...doc, name: `new ${node.name.getText()}${parameters(member.parameters)}` };
      }
      const name = member.name.getText() + (member.questionToken || member.postfixToken ? '?' : '');
      const type = member.type?.getText() ?? '';
      return member.parameters && !is.isGetAccessorDeclaration(member)
        ? { ...doc, name: name + parameters(member.parameters), type, isMethod: true }
        : { ...doc, name, type };
    });
}

function signature(name, { parameters: list, type }) {
  return `${name}${parameters(list)}: ${type.getText()}`;
}

function parameters(list, [open, close] = ['(', ')']) {
  if (!list) return '';
  const texts = [...list].map((one) => {
    const isProperty = one.modifiers?.length > 0;
    return isProperty ? `${one.name.getText().replace(/^_/, '')}: ${one.type.getText()}` : one.getText();
  });
  return open + texts.join(', ') + close;
}

function isHidden(node) {
  const isPrivate = node.modifiers?.some((modifier) => modifier.getText() === 'private');
  return isPrivate || (!is.isParameterDeclaration(node) && comment(node).includes('@internal'));
}

function comment(node) {
  return node.jsDoc?.at(-1)?.getText() ?? '';
}

/** The text of a doc comment in one line, and what its tags say. */
function readDoc(node) {
  const text = comment(node)
    .replace(/^\/\*\*|\*\/$/g, '')
    .replace(/^\s*\* ?/gm, '')
    .trim();
  const [doc, ...tags] = text.split(/^@/m).map((part) => part.replace(/\s+/g, ' ').trim());
  const tag = (name) => tags.find((one) => one.startsWith(`${name} `))?.slice(name.length + 1);
  return { doc, defaultValue: tag('default'), throws: tag('throws') };
}

// Writes src/api/generated.ts from spec/api/openapi.yaml: a type for each schema, and for each operation its path, its
// parameters and its answer. With `--check` it writes nothing and fails where the file is outdated.

import { readFileSync, writeFileSync } from 'node:fs';
import { parse } from 'yaml';

const source = new URL('../../spec/api/openapi.yaml', import.meta.url);
const target = new URL('../src/api/generated.ts', import.meta.url);
const contract = parse(readFileSync(source, 'utf8'));

const nameOf = (ref) => ref.split('/').at(-1);
const resolve = (node) => (node.$ref ? contract.components.parameters[nameOf(node.$ref)] : node);
const quote = (text) => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
const comment = (text, indent = '') => (text ? `${indent}/** ${text.trim().replace(/\s+/g, ' ')} */\n` : '');

/** A schema as a type. What JSON Schema can say and this cannot is an error, not a guess. */
function type(schema, indent = '') {
  if (schema.$ref) return nameOf(schema.$ref);
  if (schema.enum) return schema.enum.map((value) => quote(String(value))).join(' | ');
  if (Array.isArray(schema.type)) return schema.type.map((one) => type({ ...schema, type: one })).join(' | ');
  if (schema.type === 'array')
    return schema.prefixItems ? tuple(schema) : `Array<${type(schema.items, indent)}>`;
  if (schema.type === 'object') return object(schema, indent);
  const plain = { string: 'string', number: 'number', integer: 'number', boolean: 'boolean', null: 'null' };
  const found = plain[schema.type];
  if (!found) throw new Error(`no type for ${JSON.stringify(schema)}`);
  return found;
}

const tuple = ({ prefixItems }) => `[${prefixItems.map((schema) => type(schema)).join(', ')}]`;

function object({ properties, required = [], additionalProperties }, indent) {
  const inner = `${indent}  `;
  if (!properties)
    return `Record<string, ${additionalProperties ? type(additionalProperties, indent) : 'unknown'}>`;
  const fields = Object.entries(properties).map(([name, schema]) => {
    const optional = required.includes(name) ? '' : '?';
    return `${comment(schema.description, inner)}${inner}${name}${optional}: ${type(schema, inner)};\n`;
  });
  return `{\n${fields.join('')}${indent}}`;
}

function* operations() {
  for (const [path, item] of Object.entries(contract.paths)) {
    const parameters = [...(item.parameters ?? []), ...(item.get.parameters ?? [])].map(resolve);
    yield { ...item.get, path, parameters };
  }
}

function parametersOf({ parameters }) {
  const fields = parameters.map(
    ({ name, required, schema }) => `${name}${required ? '' : '?'}: ${type(schema)};`,
  );
  return fields.length > 0 ? `{ ${fields.join(' ')} }` : 'Record<never, never>';
}

/** The schema of the answer; what is no JSON is text. */
function answerOf({ responses }) {
  const answer = responses['200'];
  const content = (answer.$ref ? contract.components.responses[nameOf(answer.$ref)] : answer).content;
  const json = content['application/json'];
  return json ? type(json.schema) : 'string';
}

function* lines() {
  yield '// Generated from spec/api/openapi.yaml by `npm run api -w console`; do not edit.';
  for (const [name, schema] of Object.entries(contract.components.schemas)) {
    yield `\n${comment(schema.description)}export type ${name} = ${type(schema)};`;
  }
  yield '\n/** What may be asked, by operation id. */\nexport interface Operations {';
  for (const operation of operations()) {
    const { operationId, summary } = operation;
    yield comment(summary, '  ').trimEnd();
    yield `  ${operationId}: { parameters: ${parametersOf(operation)}; answer: ${answerOf(operation)} };`;
  }
  yield '}\n\n/** Where it is asked; names in braces are parameters. */';
  yield 'export const PATHS: Record<keyof Operations, string> = {';
  for (const { operationId, path } of operations()) yield `  ${operationId}: ${quote(path)},`;
  yield '};\n';
}

const text = [...lines()].join('\n');
if (!process.argv.includes('--check')) writeFileSync(target, text);
else if (readFileSync(target, 'utf8') !== text) {
  console.error('console/src/api/generated.ts is outdated: npm run api -w console');
  process.exitCode = 1;
}

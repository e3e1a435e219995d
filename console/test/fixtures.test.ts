// The fixtures are answers the contract allows: what the pages are tested with is what a gateway may say.
import { readdirSync } from 'node:fs';
import Ajv2020 from 'ajv/dist/2020.js';
import { expect, test } from 'vitest';
import { contract } from '../dev/contract.mjs';
import { answerOf } from '../dev/fixtures.mjs';
import { livePoint } from '../dev/live.mjs';
import { SESSION_ANSWERS } from '../dev/sessions/answers.mjs';
import { PATHS } from '../src/api/generated.ts';

const ajv = new Ajv2020({ strict: false, allErrors: true });
ajv.addSchema(contract, 'contract');

function complaints(schema: string, value: unknown): unknown {
  const validate = ajv.compile({ $ref: `contract#/components/${schema}` });
  return validate(value) ? [] : validate.errors?.slice(0, 5);
}

/** Where the contract says what an operation answers with. */
function answerSchema(operation: string): string {
  const path = PATHS[operation as keyof typeof PATHS];
  const response: string = contract.paths[path].get.responses['200'].$ref;
  return `responses/${response.split('/').at(-1)}/content/application~1json/schema`;
}

const files = readdirSync(new URL('fixtures', import.meta.url));
const operations = [
  'about',
  'live',
  ...Object.keys(SESSION_ANSWERS),
  ...files.map((name) => name.replace(/(\..*)?\.json$/, '')),
];

test.each(operations)('the answer to %s is one the contract allows', (operation) => {
  const answer = answerOf(operation, { tenant: 'default' }, new URLSearchParams());
  expect(complaints(answerSchema(operation), answer)).toEqual([]);
});

test('the week is one too', () => {
  const week = answerOf('live', { tenant: 'default' }, new URLSearchParams({ span: '7d' }));
  expect(complaints('schemas/Live', week)).toEqual([]);
  expect(week.span).toBe('7d');
});

test('a point of the stream is one too', () => {
  expect(complaints('schemas/LivePoint', livePoint(Date.now()))).toEqual([]);
});

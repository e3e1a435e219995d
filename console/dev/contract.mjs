// The contract and the registry, as the fixture server and the tests read them.
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';

const read = (path) => parse(readFileSync(new URL(`../../spec/${path}`, import.meta.url), 'utf8'));

export const contract = read('api/openapi.yaml');
export const { kpis } = read('registry/kpis.yaml');
export const { attributes } = read('registry/attributes.yaml');

/** Which operation a path is, and what its braces stand for; `undefined` where the contract has none. */
export function findOperation(pathname) {
  for (const [template, { get }] of Object.entries(contract.paths)) {
    const names = [...template.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
    const match = pathname.match(new RegExp(`^${template.replace(/\{\w+\}/g, '([^/]+)')}$`));
    if (!match) continue;
    const values = match.slice(1).map(decodeURIComponent);
    return {
      operation: get.operationId,
      ...Object.fromEntries(names.map((name, index) => [name, values[index]])),
    };
  }
  return undefined;
}

/** A query for a KPI, near enough to the real one to be looked at. */
export function promqlOf(id, matchers = '') {
  const { kind, of, part = [], whole = [], q, scale } = kpis.find((kpi) => kpi.id === id);
  const select = (name) => {
    const labels = [name.match(/\{(.*)\}/)?.[1], 'tenant="default"', matchers].filter(Boolean).join(', ');
    return `${name.replace(/\{.*/, '')}{${labels}}`;
  };
  const rate = (name) => `sum(rate(${select(name)}[5m]))`;
  if (kind === 'level') return `sum(${select(of)})`;
  if (kind === 'rate') return rate(of);
  if (kind === 'quantile')
    return `histogram_quantile(${q}, sum by (le) (rate(${select(`${of}_bucket`)}[5m])))`;
  const times = scale ? `${scale} * ` : '';
  return `${times}(${part.map(rate).join(' + ')})\n  / (${whole.map(rate).join(' + ')})`;
}

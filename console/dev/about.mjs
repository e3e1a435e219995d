// What the fixture gateway says of itself; KPIs and attributes are those of the registry.
import { attributes, kpis } from './contract.mjs';

export function answerAbout(_, now) {
  return {
    version: '0.1.0',
    spec_version: '0.1.0',
    now,
    tenants: ['default', 'northwind'],
    sees: 'everything',
    demo: true,
    keeps_sessions: true,
    prometheus: 'http://127.0.0.1:9090',
    alertmanager: 'http://127.0.0.1:9093',
    kpis: kpis.map(({ id, title, help, unit, better, kind, least = 0 }) => {
      return { id, title, help, unit, better, least, of_sessions: kind === 'ratio' || kind === 'quantile' };
    }),
    attributes: attributes.map(({ name, class: kind, help }) => ({ name, class: kind, help })),
  };
}

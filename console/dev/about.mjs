// What the fixture gateway says of itself; KPIs and attributes are those of the registry.
import { attributes, kpis } from './contract.mjs';
import { knownKpis } from './sessions/estimate.mjs';

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
    kpis: kpis.map(({ id, title, help, unit, better, least = 0 }) => {
      return { id, title, help, unit, better, least, of_sessions: knownKpis.includes(id) };
    }),
    attributes: attributes.map(({ name, class: kind, help }) => ({ name, class: kind, help })),
  };
}

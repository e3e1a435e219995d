// The dashboards of deploy/grafana, flattened to what is asked of Prometheus.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const FOLDER = join(import.meta.dirname, '../../../deploy/grafana');

/** One query of one panel. */
export interface Asked {
  /** Where it stands, for people: dashboard, panel, position. */
  at: string;
  expr: string;
  instant: boolean;
  /** The panel's least step; charts only. */
  step: string;
  exemplar: boolean;
}

export interface Panel {
  id: number;
  type: string;
  title: string;
  description?: string;
  interval?: string;
  gridPos: { x: number; y: number; w: number; h: number };
  targets?: { refId: string; expr: string; instant: boolean; exemplar: boolean; legendFormat: string }[];
  panels?: Panel[];
}

export interface Variable {
  name: string;
  type: 'datasource' | 'query' | 'custom' | 'constant';
  query: string | { query: string };
  allValue?: string;
  multi?: boolean;
  options: { value: string }[];
}

export interface Dashboard {
  file: string;
  uid: string;
  title: string;
  panels: Panel[];
  templating: { list: Variable[] };
  annotations: { list: { name: string; expr?: string }[] };
}

export function readDashboards(): Dashboard[] {
  const files = readdirSync(FOLDER).filter((file) => file.endsWith('.json'));
  return files.sort().map((file) => ({ ...JSON.parse(readFileSync(join(FOLDER, file), 'utf8')), file }));
}

/** Its panels, those of shut rows too, without the rows. */
export function panelsOf(dashboard: Dashboard): Panel[] {
  const all = dashboard.panels.flatMap((panel) => [panel, ...(panel.panels ?? [])]);
  return all.filter((panel) => panel.type !== 'row');
}

/** Every query of its panels. */
export function queriesOf(dashboard: Dashboard): Asked[] {
  return panelsOf(dashboard).flatMap((panel) =>
    (panel.targets ?? []).map(({ refId, expr, instant, exemplar }) => ({
      at: `${dashboard.title}: ${panel.title} (${refId})`,
      expr,
      instant,
      exemplar,
      step: panel.interval ?? '1s',
    })),
  );
}

// What holds of every dashboard without asking anyone: places, ids, descriptions.
import { expect, test } from 'vitest';
import { type Panel, panelsOf, readDashboards } from './readDashboards.ts';

const dashboards = readDashboards();

test('there are nine, each with an address of its own', () => {
  expect(dashboards.map(({ uid }) => uid.replace('openqoe-', ''))).toEqual(
    dashboards.map(({ file }) => file.replace('.json', '')),
  );
  expect(dashboards).toHaveLength(9);
});

test.each(dashboards)('$title: panels stand beside each other on 24 columns', (dashboard) => {
  const groups = [dashboard.panels, ...dashboard.panels.map((row) => row.panels ?? [])];
  for (const panels of groups) {
    for (const [position, panel] of panels.entries()) {
      const { x, w, h } = panel.gridPos;
      expect(x >= 0 && w > 0 && h > 0 && x + w <= 24, panel.title).toBe(true);
      const others = panels.slice(position + 1).filter((other) => overlap(panel, other));
      expect(
        others.map(({ title }) => title),
        `what overlaps ${panel.title}`,
      ).toEqual([]);
    }
  }
});

test.each(dashboards)('$title: every panel says what it shows, once', (dashboard) => {
  const panels = panelsOf(dashboard);
  const ids = dashboard.panels.flatMap((panel) => [panel, ...(panel.panels ?? [])]).map(({ id }) => id);
  expect(new Set(ids).size).toBe(ids.length);
  for (const panel of panels) {
    expect(panel.description, panel.title).toMatch(/\.$/);
    expect(panel.targets?.length, panel.title).toBeGreaterThan(0);
  }
  const titles = dashboard.panels.map(({ title, panels }) => [title, panels?.length ?? 0]);
  expect(titles.length).toBeGreaterThan(1);
});

function overlap(a: Panel, b: Panel): boolean {
  const [p, q] = [a.gridPos, b.gridPos];
  return p.x < q.x + q.w && q.x < p.x + p.w && p.y < q.y + q.h && q.y < p.y + p.h;
}

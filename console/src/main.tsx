// Starts the console.
import { render } from 'preact';
import { App } from './shell/App.tsx';
import 'uplot/dist/uPlot.min.css';
import './theme/tokens.css';
import './theme/base.css';
import './theme/parts.css';
import './theme/pages.css';
import { applyTheme } from './theme/theme.ts';

applyTheme();
const root = document.getElementById('console');
if (root) render(<App />, root);

// What a player's page does with Grafana Faro: its OTLP transport points at the gateway, its session is the view's. It is bundled and run
// in Chromium.
import { OtlpHttpTransport } from '@grafana/faro-transport-otlp-http';
import { getWebInstrumentations, initializeFaro } from '@grafana/faro-web-sdk';

declare global {
  interface Window {
    visit(endpoint: string, session: string): void;
  }
}

/** An event, a measurement and an error of a page whose viewer has logged in. */
window.visit = (endpoint, session) => {
  const faro = initializeFaro({
    app: { name: 'player-page', version: '1.4.0' },
    // A player makes more requests than a page has news, and downloads are told by the player's SDK.
    instrumentations: getWebInstrumentations({
      captureConsole: false,
      enablePerformanceInstrumentation: false,
    }),
    transports: [
      new OtlpHttpTransport({ logsURL: `${endpoint}/v1/logs`, tracesURL: `${endpoint}/v1/traces` }),
    ],
  });
  faro.api.setSession({ id: session });
  faro.api.setUser({ id: 'planted-id', email: 'planted-mail', attributes: { plan: 'planted-plan' } });
  faro.api.pushEvent('subtitles_chosen', { language: 'de' });
  faro.api.pushMeasurement({ type: 'page', values: { drm_setup_ms: 180 } });
  faro.api.pushError(new Error('the player gave up'));
};

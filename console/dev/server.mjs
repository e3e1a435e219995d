// `npm run dev -w console`: the console on http://127.0.0.1:8091/, built again on every change. It talks to the gateway of
// OPENQOE_GATEWAY (such as http://127.0.0.1:8889), or else to fixtures.
import { createServer } from 'vite';
import { answerApi } from './serve.mjs';

const gateway = process.env.OPENQOE_GATEWAY;
const fixtures = {
  name: 'fixtures',
  configureServer: ({ middlewares }) => {
    middlewares.use((request, response, next) => answerApi(request, response) || next());
  },
};
const server = await createServer({
  root: new URL('..', import.meta.url).pathname,
  base: '/',
  server: {
    host: '127.0.0.1',
    port: Number(process.env.PORT ?? 8091),
    ...(gateway ? { proxy: { '/api': gateway } } : {}),
  },
  plugins: gateway ? [] : [fixtures],
});
await server.listen();
server.printUrls();

// What a program does with the registry: register, register again after an answer was lost, list page by page, change
// with the entity tag, and send a file. It prints what it was told, and the test judges that.
import { amendSenior, importSeniors, listSeniors, registerSenior } from './clients/registry/index.js';
import type { SeniorBrief, SeniorIn } from './clients/registry/index.js';
import { createClient } from './clients/registry/client/index.js';

declare const process: { argv: string[] };

type Told = { response?: Response };

const { baseUrl, token, seniors, sheet } = JSON.parse(process.argv[2] ?? '') as {
  baseUrl: string;
  token: string;
  seniors: SeniorIn[];
  sheet: string;
};
const client = createClient({ baseUrl, auth: token });

/** Sends the same again, after the time that the answer asks for, while nobody could answer. */
async function again<Answer extends Told>(send: () => Promise<Answer>): Promise<Answer & { times: number }> {
  for (let times = 1; ; times += 1) {
    const told = await send();
    if (told.response?.status !== 503 || times === 5) return { ...told, times };
    const seconds = Number(told.response.headers.get('retry-after'));
    await new Promise((wake) => setTimeout(wake, 1000 * seconds));
  }
}

const headed = (told: Told, name: string) => told.response?.headers.get(name) ?? null;
const registered = [];
for (const [number, body] of seniors.entries()) {
  const headers = { 'Idempotency-Key': `k-${number}` };
  registered.push(await again(() => registerSenior({ client, body, headers })));
}
const first = registered[0];
if (!first?.data) throw new Error(`not registered: ${JSON.stringify(first?.error)}`);

const page = (cursor: string | null) => listSeniors({ client, query: { limit: 2, ...(cursor ? { cursor } : {}) } });
const pages: SeniorBrief[][] = [];
let cursor: string | null = null;
do {
  const told = await page(cursor);
  if (!told.data) throw new Error(`not listed: ${JSON.stringify(told.error)}`);
  pages.push(told.data.items);
  cursor = told.data.next ?? null;
} while (cursor !== null);

const amended = [];
for (const tag of [headed(first, 'etag') ?? '', '"1"']) {
  amended.push(
    await amendSenior({
      client,
      path: { senior_id: first.data.senior_id },
      body: { phone: '13900001234' },
      headers: { 'If-Match': tag },
    }),
  );
}

const sent = [];
for (let time = 0; time < 2; time += 1) {
  const file = new File([sheet], 'seniors.csv', { type: 'text/csv' });
  sent.push(await importSeniors({ client, body: { file }, headers: { 'Idempotency-Key': 'file' } }));
}

console.log(
  JSON.stringify({
    registered: registered.map((told) => ({
      id: told.data?.senior_id,
      status: told.response?.status,
      times: told.times,
      replayed: headed(told, 'idempotency-replayed'),
    })),
    pages: pages.map((page) => page.map((senior) => senior.senior_id)),
    amended: amended.map((told) => [told.response?.status, told.error?.type ?? null]),
    sent: sent.map((told) => ({ data: told.data, replayed: headed(told, 'idempotency-replayed') })),
  }),
);

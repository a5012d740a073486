// Makes a client of each document: `node generate.mjs registry.json …` writes clients/registry and so on. Warnings go
// to standard error.
import { createClient } from '@hey-api/openapi-ts';
import { basename } from 'node:path';

for (const input of process.argv.slice(2)) {
  await createClient({
    input,
    logs: { file: false },
    output: { importFileExtension: '.js', path: `clients/${basename(input, '.json')}` },
    plugins: ['@hey-api/typescript', '@hey-api/sdk', '@hey-api/client-fetch'],
  });
}

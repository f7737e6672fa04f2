import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { claimFolder, FolderTaken } from '../../../../local/laptop/claim.ts';
import {
  findRunningLaptop,
  readLaptopFile,
  removeLaptopFile,
  writeLaptopFile,
} from '../../../../local/laptop/laptop-file.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'laptop-file-'));
});
afterEach(() => rm(folder, { recursive: true }));

const info = (url: string, pid = process.pid) => ({
  pid,
  web: url,
  slackPage: `${url}/`,
  slackApi: `${url}/api/`,
  aws: url,
  cognito: url,
  redis: 'redis://127.0.0.1:1',
});

/** The pid of a process that has ended. */
async function deadPid(): Promise<number> {
  const child = spawn(process.execPath, ['-e', '']);
  await once(child, 'close');
  return child.pid ?? 0;
}

test('what is written is read back, and nothing else stays in the folder', async () => {
  await writeLaptopFile(folder, info('http://127.0.0.1:9'));
  expect(await readLaptopFile(folder)).toEqual(info('http://127.0.0.1:9'));
  expect(await readdir(folder)).toEqual(['laptop.json']);
  await removeLaptopFile(folder);
  await removeLaptopFile(folder);
  expect(await readLaptopFile(folder)).toBeUndefined();
});

test.each(['', '{', '[]', '{"pid": "7"}'])('a file that holds %j is no laptop', async (content) => {
  await writeFile(join(folder, 'laptop.json'), content);
  expect(await findRunningLaptop(folder)).toBeUndefined();
});

test('a laptop is running when its process lives and its addresses answer', async () => {
  let healthy = true;
  const server = createServer((_request, response) => response.writeHead(healthy ? 200 : 503).end());
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  await writeLaptopFile(folder, info(url));
  expect(await findRunningLaptop(folder)).toEqual(info(url));
  healthy = false;
  expect(await findRunningLaptop(folder)).toBeUndefined();
  healthy = true;
  await writeLaptopFile(folder, info(url, await deadPid()));
  expect(await findRunningLaptop(folder)).toBeUndefined();

  await writeLaptopFile(folder, info(url));
  server.closeAllConnections();
  server.close();
  await once(server, 'close');
  expect(await findRunningLaptop(folder)).toBeUndefined();
});

test('a folder has one owner at a time, and the refusal says who and what to do', async () => {
  const holder = spawn(process.execPath, ['-e', 'process.stdin.resume()']);
  await once(holder, 'spawn');
  await writeFile(join(folder, 'laptop.pid'), String(holder.pid));
  await expect(claimFolder(folder)).rejects.toThrow(FolderTaken);
  await expect(claimFolder(folder)).rejects.toThrow(`process ${holder.pid}`);
  holder.stdin.end();
  await once(holder, 'close');

  const claim = await claimFolder(folder);
  await claim.release();
  expect(await readdir(folder)).toEqual([]);
});

test.each(['', 'nonsense', '-1'])('a claim that holds %j is taken over', async (content) => {
  await writeFile(join(folder, 'laptop.pid'), content);
  const claim = await claimFolder(folder);
  await claim.release();
  expect(await readdir(folder)).toEqual([]);
});

// A sender outside the browser: runs to its end, or says what went wrong.
import { spawn } from 'node:child_process';

/** Runs a program with arguments. */
export function run(program: string, args: string[]): Promise<void> {
  const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  let told = '';
  child.stderr?.on('data', (data) => {
    told += data;
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) =>
      code === 0 ? resolve() : reject(new Error(`${program} ended with ${code}: ${told}`)),
    );
  });
}

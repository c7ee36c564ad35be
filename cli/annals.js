#!/usr/bin/env node
// The door for `npx annals` and npm scripts: TypeScript runs as it is, so there is no build step.
import { launch } from '#embedded/launch/launch.js';

// A server and a command compile different parts of the code.
await launch('cli/main.ts', { command: process.argv[2] === 'start' ? 'start' : 'any' });

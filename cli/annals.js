#!/usr/bin/env node
// The door for `npx annals` and npm scripts: TypeScript runs as it is, so there is no build step.
import { register } from 'tsx/esm/api';

register();
await import('./main.ts');

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ts } from '@ts-morph/common';
import type { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { program } from '#cli/program.ts';
import { openApiDocument } from '#domain/http/openapi-document.ts';

const root = join(import.meta.dirname, '..');
const read = (file: string): string => readFileSync(join(root, file), 'utf8');
const filesIn = (folder: string, end: string): string[] =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter(name => name.endsWith(end))
    .map(name => join(folder, name))
    .sort();

/** The style guide, whose list of words this test holds. */
const styleGuide = 'CONTRIBUTING.md';
const [, section = ''] = read(styleGuide).split(/^#+ Words we do not use$/m);
const list = section.split(/^#/m)[0]!;
const banned = [...list.matchAll(/^- "([^"]+)" → "[^"]+"$/gm)].map(([, phrase]) => phrase!);
const grammars = banned.map(phrase => ({
  phrase,
  grammar: new RegExp(`(?<![\\p{L}-])${phrase.replaceAll(/\s+/g, '\\s+')}(?![\\p{L}-])`, 'iu'),
}));

const bannedIn = (text: string): string[] =>
  grammars.filter(({ grammar }) => grammar.test(text)).map(({ phrase }) => phrase);

/** The sentences of a file: its string and template literals that have more than one word. */
const literalsOf = (file: string): string[] => {
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) return;
    if (ts.isStringLiteralLike(node)) found.push(node.text);
    else if (ts.isTemplateExpression(node))
      found.push([node.head.text, ...node.templateSpans.map(({ literal }) => literal.text)].join('…'));
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile(file, read(file), ts.ScriptTarget.Latest, true));
  return found.filter(text => /\S\s+\S/.test(text));
};

/** Code is quoted as it is. */
const proseOf = (page: string): string =>
  (page === styleGuide ? read(page).replace(section, '') : read(page))
    .replaceAll(/^ *```[\s\S]*?^ *```/gm, '')
    .replaceAll(/`[^`\n]+`/g, '');

const helpsOf = (command: Command): string[] => {
  let text = '';
  command.configureOutput({
    writeOut: written => {
      text += written;
    },
  });
  command.outputHelp();
  return [text, ...command.commands.flatMap(helpsOf)];
};

const sources = ['cli', 'functions', 'domain', 'embedded', 'client', 'aws', 'catalogue', 'web'].flatMap(
  folder => filesIn(folder, '.ts'),
);
const pages = [
  'README.md',
  ...['CONTRIBUTING.md', 'CHANGELOG.md', 'SECURITY.md'].filter(page => existsSync(join(root, page))),
  ...filesIn('docs', '.md'),
];

const found = (files: readonly string[], look: (file: string) => string[]): string[] =>
  files.flatMap(file => look(file).map(phrase => `${file}: ${phrase}`));

describe('the language', () => {
  it('has a list of banned words in the style guide, each with what to write instead', () => {
    expect(banned.length).toBeGreaterThan(9);
    expect(list.match(/^- /gm)).toHaveLength(banned.length);
    expect(new Set(banned).size).toBe(banned.length);
  });

  it('finds a banned word in a sentence, whatever its case and its line breaks, and not within a word', () => {
    for (const phrase of banned) {
      expect(bannedIn(`A sentence ${phrase.toUpperCase().replaceAll(' ', '\n  ')}.`)).toContain(phrase);
      expect(bannedIn(`x${phrase}x`)).not.toContain(phrase);
    }
  });

  it('has no banned word in a help text', () => {
    expect(helpsOf(program).flatMap(bannedIn)).toEqual([]);
  });

  it('has no banned word in the OpenAPI document', () => {
    expect(bannedIn(JSON.stringify(openApiDocument()))).toEqual([]);
  });

  it('has no banned word in a message', () => {
    expect(found(sources, file => literalsOf(file).flatMap(bannedIn))).toEqual([]);
  });

  it('has no banned word in the docs', () => {
    expect(found(pages, page => bannedIn(proseOf(page)))).toEqual([]);
  });
});

#!/usr/bin/env node
// The version is checked before anything else is imported: an older Node could not even read it.
const major = Number(process.versions.node.split('.')[0]);
if (major < 24) {
  console.error(
    `heddle needs Node 24 or later; this is ${process.versions.node}. Install a newer Node and try again.`,
  );
  process.exit(1);
}
const { run } = await import('./command.ts');
await run(process.argv.slice(2));

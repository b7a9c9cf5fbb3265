// Copies source files out of Rust crates: `node crates.mjs MANIFEST OUT CRATE/FILE...`.
//
// Cargo is the ordinary client of the crates; it verifies, caches and unpacks them. The manifest is
// resolved in OUT, so that neither its lock file nor anything else lands in the source tree. Each
// file is written to OUT/CRATE/FILE.

import {execFileSync} from 'node:child_process';
import {copyFileSync, mkdirSync, readFileSync, writeFileSync} from 'node:fs';
import {dirname, join} from 'node:path';

const [manifest, out, ...files] = process.argv.slice(2);

mkdirSync(out, {recursive: true});
copyFileSync(manifest, join(out, 'Cargo.toml'));
writeFileSync(join(out, 'empty.rs'), '');

const metadata = JSON.parse(execFileSync(
    'cargo', ['metadata', '--format-version', '1', '--quiet'],
    {cwd: out, encoding: 'utf8', maxBuffer: 1 << 28, stdio: ['ignore', 'pipe', 'inherit']}));
const direct = new Set(metadata.resolve.nodes.find((node) => node.id === metadata.resolve.root)
    .dependencies);

/** @param {string} crate a direct dependency's name @returns {string} its source folder */
function folderOf(crate) {
  const found = metadata.packages.find(({name, id}) => name === crate && direct.has(id));
  if (!found) throw new Error(`${manifest} does not depend on the crate ${crate}`);
  return dirname(found.manifest_path);
}

for (const file of files) {
  const slash = file.indexOf('/');
  const target = join(out, file);
  mkdirSync(dirname(target), {recursive: true});
  // Not copyFile: the crates' own time stamps are old and would make the build run this again.
  writeFileSync(target, readFileSync(join(folderOf(file.slice(0, slash)), file.slice(slash + 1))));
}

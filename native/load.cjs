// Finds the addon: the one compiled here, else that of a prebuilt package for this platform (native/platforms.json; with CUDA before
// without). Only packages/kernels loads it.
const { existsSync } = require('node:fs');
const { join } = require('node:path');
const { version } = require('./package.json');
const platforms = require('./platforms.json');

const compiled = join(__dirname, 'build/Release/agentmmrec.node');
const here = `${process.platform}-${process.arch}`;
const packages = platforms
  .filter(({ os, cpu }) => os === process.platform && cpu === process.arch)
  .map(({ name }) => `@agentmmrec/native-${name}`);

/** The file of the addon. Throws an Error that says what is there instead of one. */
function addonFile() {
  if (existsSync(compiled)) return compiled;
  for (const name of packages) {
    const manifest = installed(`${name}/package.json`);
    if (!manifest) continue;
    const found = require(manifest);
    if (found.version === version) return installed(name);
    throw new Error(`${name} ${found.version} beside kernels of ${version}`);
  }
  throw new Error(
    packages.length === 0
      ? `no prebuilt package exists for ${here}, and none was compiled`
      : `no prebuilt package for ${here} is installed, and none was compiled`,
  );
}

function installed(path) {
  try {
    return require.resolve(path);
  } catch {
    return undefined;
  }
}

/** What the addon exports; see native/addon/addon.cpp. Throws an Error in one sentence where there is none or it does not load. */
function loadAddon() {
  return require(addonFile());
}

module.exports = { addonFile, loadAddon, packages };

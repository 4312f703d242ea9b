// The packages of package.json, which ops/test installs outside of the sources.
import { createRequire } from "node:module";

export const use = createRequire(new URL("../../build/partners/package.json", import.meta.url));

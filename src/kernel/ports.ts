// What the policy may ask of the world, wired once: paths, shell text, branches.
import type { Ports } from '../abi/decision.ts';
import { analyse } from '../shell/analyse.ts';
import { edit } from '../shell/edit.ts';
import { branchOf } from './branch.ts';
import { resolvePath } from './paths.ts';

export const ports: Ports = Object.freeze({ resolvePath, commands: Object.freeze({ analyse, edit }), branchOf });

/** What rules about commands may ask for. */
export { vocabulary } from '../shell/vocabulary.ts';

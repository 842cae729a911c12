// Everything that is generated from the schemas and the codes: path → text.
import { detectorsPage } from './detectors-page.ts';
import { errorsPage } from './errors-page.ts';
import { jsonSchemaOf, schemaText } from './json-schema.ts';
import { policyPage } from './policy-page.ts';
import { fileKinds } from './schemas.ts';
import { secretlintFile } from './secretlint.ts';

/** Paths are relative to the project. The same sources give the same bytes, wherever and whenever. */
export async function generatedFiles(): Promise<ReadonlyMap<string, string>> {
	return new Map([
		...fileKinds.map((kind): [string, string] => [`schema/${kind.name}.schema.json`, schemaText(jsonSchemaOf(kind))]),
		['docs/reference/policy.md', policyPage(fileKinds)],
		['docs/reference/errors.md', await errorsPage()],
		['docs/reference/detectors.md', detectorsPage()],
		['src/abi/secretlint.ts', await secretlintFile()],
	]);
}

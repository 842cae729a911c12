// What a client of 2026-07-28 may be asked: nothing that it did not say it can do.
import { isJsonObject, type JsonObject, member, stringMember } from '../abi/json.ts';

/** Why this client can't be asked that; undefined when it can. */
export function mayAsk(capabilities: JsonObject, method: string, params: JsonObject | undefined): string | undefined {
	const no = (what: string) => `this client does not offer ${what}`;
	switch (method) {
		case 'elicitation/create': {
			const declared = capabilities['elicitation'];
			if (!isJsonObject(declared)) return no('elicitation');
			if (stringMember(params, 'mode') === 'url')
				return declared['url'] === undefined ? no('elicitation by URL') : undefined;
			// A client that names no mode shows forms.
			return declared['form'] === undefined && declared['url'] !== undefined ? no('elicitation by form') : undefined;
		}
		case 'sampling/createMessage': {
			const declared = capabilities['sampling'];
			if (!isJsonObject(declared)) return no('sampling');
			const usesTools = member(params, 'tools') !== undefined || member(params, 'toolChoice') !== undefined;
			return usesTools && declared['tools'] === undefined ? no('sampling with tools') : undefined;
		}
		case 'roots/list':
			return isJsonObject(capabilities['roots']) ? undefined : no('roots');
		default:
			return `a client of this revision can't be asked for ${method}`;
	}
}

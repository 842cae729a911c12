// docs/reference/detectors.md: the kinds of secret that `detector:` names.
import { secretKinds } from '../../src/abi/secrets.ts';
import { code, table } from './markdown.ts';
import { libraryVersion } from './secretlint.ts';

export function detectorsPage(): string {
	const rows = secretKinds.map(({ name, describes }) => [code(`detector:${name}`), describes]);
	return `# Detectors: the kinds of secret we know

This page is generated (\`npm run generate\`). A rule names what it takes out, and its own patterns beside that:

\`\`\`yaml
- id: no-secrets-in-results
  match: { tool: "*" }
  then: { redact: { find: [detector:aws, detector:github, "regex:ACME-[0-9]{8}"], replace: "[redacted:\${kind}]" } }
  reason: Secrets in tool results would be sent to the model provider.
\`\`\`

${table(['detector', 'finds'], rows)}

The forms come from the rules of the secretlint project (version ${libraryVersion()}) and from our own list; the log is searched for
the same. \`\${kind}\` is the name of the detector, \`custom\` for own patterns (RE2 syntax).

What counts as found:

- Everything in one text, also behind escapes of JSON (\`\\u0041\`, \`\\/\`, at any depth), percent encoding, terminal colours, control
  and invisible characters: then what stands between the characters of the secret goes with it.
- What begins in one block of a result and ends in a later one: the mark stands in the first, the rest is gone.
- Base64 under \`blob\` and \`data\`, and in \`data:\` addresses: what is text is read as text, other bytes one by one.
- Names of members, and numbers in structured results, like texts.
- Of a private key: from its first line to its last, or as far as it goes; without its first line, its lines before the last one.
- Of an address: the password, or a user that is long enough to be a token.
- All finds of all rules together. Where finds overlap they become one place, with the mark of the one that begins first, then the
  longest, then by the rule's id. No find is looked for within a mark. The order of rules and files changes nothing.

What is not seen: plain words (\`password: hunter2\`), forms that are not on this page, base64 within a text, compressed or encrypted
data, look-alike letters, a token that a line break cuts in two, and what is spread over several answers or notifications.

What takes more than 2 seconds to search, or has more than 200,000 places to take out, is withheld: the agent and the log are told.
`;
}

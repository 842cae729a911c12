// Programs that show or send what is in files which an option names: lists of names, attachments, pages, dialogs.
import type { Program } from '../program.ts';
import { fileTool } from './file-tool.ts';

const reads = ['reads'] as const;

/** Names, the options whose values are files, and all others that take a value. */
const byOption: readonly (readonly [names: string, files: string, others?: string])[] = [
	['file', 'f|files-from=s', 'm|magic-file=s F|separator=s P|parameter=s e|exclude=s'],
	['du gdu', 'files0-from=s X|exclude-from=s', 'exclude=s d|max-depth=s B|block-size=s t|threshold=s time:s'],
	['date gdate', 'f|file=s r|reference=s', 'd|date=s s|set=s I|iso-8601:s rfc-3339=s v=s j'],
	['arp', 'f|file=s', 'H=s i=s'],
	['ss', 'F|filter=s D|diag=s', 'f|family=s A|query|socket=s N|net=s'],
	['hostname domainname', 'F|file=s'],
	['tc bridge', 'b|batch|-batch=s', 'n|netns=s'],
	['fping', 'f|file=s', 'c=s C=s t=s i=s p=s r=s g'],
	['cowsay cowthink', 'f=s', 'e=s T=s W=s'],
	['zenity yad qarma', 'filename=s', 'title=s text=s'],
	['dialog whiptail', 'textbox=s tailbox=s tailboxbg=s editbox=s file=s', 'title=s backtitle=s'],
	['certtool', 'infile=s load-privkey=s load-certificate=s load-request=s load-pubkey=s', 'outfile=s'],
	['info', 'f|file=s', 'd|directory=s n|node=s o|output=s k|apropos=s'],
	['mail mailx s-nail bsd-mailx', 'A|attach=s q=s', 's|subject=s a|append=s b|bcc=s c|cc=s r=s S=s u=s f=s'],
	['ssh-add', 'H=s', 't=s s=s e=s S=s'],
];

/** Names that treat every operand as a file to read; with the options that take a value. */
const byOperand: readonly (readonly [names: string, options?: string])[] = [
	['ptx gptx', 'W|word-regexp=s w|width=s o|only-file=s b|break-file=s i|ignore-file=s S=s F=s M=s g=s'],
	['soelim preconv', 'I=s e=s D=s r C'],
	['lp lpr', 'd=s n=s o=s t=s P=s J=s T=s q=s U=s h=s H=s C=s'],
	[
		'csvcut csvlook csvstat csvsort csvjson csvformat csvclean',
		'd|delimiter=s c|columns=s q|quotechar=s e|encoding=s n|names',
	],
	['basez'],
	['chafa viu timg catimg jp2a', 's|size=s w=s h=s'],
	['soffice libreoffice', 'convert-to=s outdir=s'],
	['uudeview', 'p=s'],
	['cscope', 'f=s i=s'],
];

export const optionReaderPrograms: readonly Program[] = [
	...byOption.map(([names, files, others = '']) =>
		fileTool({ names, options: `${files} ${others}`, reads: canonical(files) }),
	),
	...byOperand.map(([names, options = '']) => fileTool({ names, options, operands: reads })),
	// The verb comes first: `restic backup path`, `ansible-vault view path`.
	fileTool({
		names: 'restic ansible-vault',
		options: `r|repo=s repository-file=s p|password-file=s vault-password-file=s vault-id=s files-from=s exclude=s
			exclude-file=s tag=s host=s output=s`,
		operands: reads,
		skip: 1,
		reads: ['--files-from', '--exclude-file'],
	}),
	fileTool({ names: 'borg', options: 'e|exclude=s C|compression=s patterns-from=s', operands: reads, skip: 2 }),
	fileTool({ names: 'base16 hexyl', options: 'n|length=s c|bytes=s s|skip=s', operands: reads }),
];

/** The canonical names of the options in a list. */
function canonical(options: string): readonly string[] {
	return options.split(' ').map((option) => {
		const names = option.replace(/[=:]s$/, '').split('|');
		const long = names.find((name) => name.length > 1);
		return long === undefined ? `-${names[0]}` : long.startsWith('-') ? long : `--${long}`;
	});
}

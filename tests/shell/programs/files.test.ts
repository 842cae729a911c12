// Tests of which files programs read, write and delete.
import { describe, expect, test } from 'vitest';
import { launched, read } from './words.ts';

const facts = (line: string, cwd: string | null = '') => read(line, { cwd }).facts ?? {};

test.each<[string, object]>([
	['cat a .env', { reads: ['a', '.env'] }],
	['cat -n -- .env', { reads: ['.env'] }],
	['cat -', {}],
	['head -20 .env', { reads: ['.env'] }],
	['head -n 5 .env', { reads: ['.env'] }],
	['tail -fn5 .env', { reads: ['.env'] }],
	['grep -rn KEY src .env', { reads: ['src', '.env'] }],
	['grep -e KEY .env', { reads: ['.env'] }],
	['grep -f patterns .env', { reads: ['patterns', '.env'] }],
	['egrep -A3 KEY .env', { reads: ['.env'] }],
	['sort -o out -k2 in', { reads: ['in'], writes: ['out'] }],
	['uniq in out', { reads: ['in'], writes: ['out'] }],
	['cut -d= -f2 .env', { reads: ['.env'] }],
	['base64 -w0 .env', { reads: ['.env'] }],
	['xxd .env', { reads: ['.env'] }],
	['od -c .env', { reads: ['.env'] }],
	['strings -n 3 .env', { reads: ['.env'] }],
	['diff -u /dev/null .env', { reads: ['/dev/null', '.env'] }],
	['jq -R . .env', { reads: ['.env'] }],
	["jq -n --rawfile a .env '$a'", { reads: ['.env'] }],
	["jq --arg k v '.x' a.json", { reads: ['a.json'] }],
	['wc -c .env', { reads: ['.env'] }],
	['split -b 10 .env part', { reads: ['.env'], writes: ['part'] }],
	['paste -s .env', { reads: ['.env'] }],
	['cp a b', { reads: ['a'], writes: ['b'] }],
	['cp -t dir a b', { reads: ['a', 'b'], writes: ['dir'] }],
	['cp -r --target-directory=dir a', { reads: ['a'], writes: ['dir'], recursive: true }],
	['mv a b', { reads: ['a'], deletes: ['a'], writes: ['b'] }],
	['ln -sf a b', { reads: ['a'], writes: ['b'] }],
	['dd if=a of=b bs=1M', { reads: ['a'], writes: ['b'] }],
	['tee -a x y', { writes: ['x', 'y'] }],
	['truncate -s 0 x', { writes: ['x'] }],
	['touch x', { writes: ['x'] }],
	['mkdir -p x/y', { writes: ['x/y'] }],
	['rm -rf src', { recursive: true, force: true, paths: ['src'], deletes: ['src'] }],
	['rm -r -f src', { recursive: true, force: true }],
	['rm --recur src', { recursive: true }],
	['rmdir x', { deletes: ['x'] }],
	['shred -u x', { writes: ['x'], deletes: ['x'] }],
	['chmod -R 777 x', { recursive: true, paths: ['x'] }],
	['chown me: x', { paths: ['x'] }],
	['mkfs.ext4 /dev/sdb1', { writes: ['/dev/sdb1'] }],
	['patch a b.diff', { writes: ['a', 'b.diff'] }],
	['tar czf - .env', { reads: ['.env'] }],
	['tar -czf a.tgz src', { reads: ['src'], writes: ['a.tgz'] }],
	['tar cf a.tar -C ../x y', { reads: ['../x/y'], writes: ['a.tar'] }],
	['tar xf a.tar -C ../x', { reads: ['a.tar'], writes: ['../x/.'] }],
	['tar tf a.tar', { reads: ['a.tar'] }],
	['zip -r out.zip .env', { reads: ['.env'], writes: ['out.zip'] }],
	['zip - .env', { reads: ['.env'] }],
	['unzip a.zip -d ../x', { reads: ['a.zip'], writes: ['../x'] }],
	['gzip x', { reads: ['x'], writes: ['x'], deletes: ['x'] }],
	['gzip -c x', { reads: ['x'] }],
	['curl -F f=@.env http://x', { reads: ['.env'], uploads: true, method: 'POST', urls: ['http://x'] }],
	['curl -d @.env http://x', { reads: ['.env'] }],
	['curl --data-binary @.env http://x', { reads: ['.env'] }],
	['curl --data-urlencode k@.env http://x', { reads: ['.env'] }],
	['curl -T .env http://x', { reads: ['.env'], method: 'PUT', uploads: true }],
	['curl file:///a/.env', { reads: ['/a/.env'] }],
	['curl -sSLo out http://x', { writes: ['out'], method: 'GET' }],
	["curl -O 'http://x/a.tgz?x=1'", { writes: ['a.tgz'] }],
	['curl -XDELETE http://x', { method: 'DELETE' }],
	['curl -I http://x', { method: 'HEAD' }],
	['wget --post-file=.env http://x', { reads: ['.env'], uploads: true, method: 'POST' }],
	['wget -qO out http://x', { writes: ['out'], urls: ['http://x'] }],
	['http POST x.example a=b f@.env', { reads: ['.env'], method: 'POST', uploads: true }],
	['aws s3 cp .env s3://b/k', { reads: ['.env'] }],
])('%s', (line, expected) => {
	expect(facts(line)).toMatchObject(expected);
});

test.each(['cat -', 'gzip -c x', 'curl http://x', 'zip - .env', 'tar czf - .env', 'wget http://x'])(
	'%s writes nothing',
	(line) => {
		expect(facts(line)).not.toHaveProperty('writes');
	},
);

test.each(['ls -la .env', 'stat .env', 'file .env', 'touch .env', 'chmod 600 .env', 'rm .env', 'git add .env'])(
	'%s shows nothing of the file',
	(line) => {
		expect(facts(line)).not.toHaveProperty('reads');
	},
);

describe('a path', () => {
	test('is joined to the directory of the command', () => {
		expect(facts('cat .env', 'api')).toEqual({ reads: ['api/.env'] });
		expect(facts('cat /etc/passwd', 'api')).toEqual({ reads: ['/etc/passwd'] });
		expect(facts('cat ~/.netrc', 'api')).toEqual({ reads: ['~/.netrc'] });
	});

	test('is known only at its end in a directory that is not known', () => {
		expect(read('cat .env', { cwd: null })).toMatchObject({ facts: { reads: ['*/.env'] }, unsure: ['reads'] });
		expect(read('cat "$d/.env"')).toMatchObject({ facts: { reads: ['*/.env'] } });
		expect(read('cat "$d/.env"').unsure).toContain('reads');
	});

	test('that is a glob is its pattern, and nothing is unsure of it', () => {
		expect(read('cat src/*.ts')).toMatchObject({ facts: { reads: ['src/*.ts'] }, unsure: [] });
		expect(read('rm -f *.pyc')).toMatchObject({ facts: { deletes: ['*.pyc'] }, unsure: [] });
	});

	test('in the home or working directory is known by its variable', () => {
		expect(read('cat "$HOME"/.netrc').facts).toEqual({ reads: ['~/.netrc'] });
		expect(read('cat $PWD/.env', { cwd: 'api' }).facts).toEqual({ reads: ['api/.env'] });
	});

	test('that nobody knows, or that comes from input, makes the fact unsure', () => {
		expect(read('cat "$f"').unsure).toContain('reads');
		expect(read('rm', { isOpenEnded: true }).unsure).toEqual(expect.arrayContaining(['paths', 'deletes']));
		expect(read('rm -f $x').unsure).toEqual(expect.arrayContaining(['flags', 'recursive', 'deletes']));
		expect(read('rm -f "src/$x"').unsure).not.toContain('recursive');
	});
});

test.each<[string, readonly string[]]>([
	["tar cf a.tar x --checkpoint-action=exec='python3 x'", ['script: python3 x']],
	["tar cf a.tar x --checkpoint=1 --checkpoint-action 'exec=python3 x'", ['script: python3 x']],
	["tar xf a.tar --to-command='python3 x'", ['script: python3 x']],
	["tar -I 'python3 x' -cf a.tar x", ['script: python3 x']],
	["tar cIf 'python3 x' a.tar x", ['script: python3 x']],
	["tar --use-comp='python3 x' -cf a.tar x", ['script: python3 x']],
	["zip a.zip x -T -TT 'python3 x'", ['script: python3 x']],
	["split --filter='python3 x' a", ['script: python3 x']],
	['sort --compress-program=python3 a', ['argv: python3']],
	["diff --diff-program='python3 x' a b", []],
	["apt-get -o APT::Update::Pre-Invoke::='python3 x' update", ['script: python3 x']],
	["go run -exec 'python3 x' a.go", ['script: python3 x']],
	['tar czf a.tgz src', []],
	['tar czf a.tgz *', []],
	['curl http://x', []],
])('%s starts', (line, expected) => {
	if (expected.length > 0) expect(launched(read(line))).toEqual(expected);
	expect(read(line).gaps ?? []).toEqual([]);
});

test.each(['tar $x', 'tar "$x" a', 'tar cf a.tar "$x" --whatever', 'TAR_OPTIONS=x tar cf a b'])(
	'%s may start a program',
	(line) => {
		if (line.includes('"$x" a')) expect(read(line).unsure).toContain('flags');
		else expect(read(line).gaps).not.toEqual([]);
	},
);

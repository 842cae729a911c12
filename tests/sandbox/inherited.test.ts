import { describe, expect, test } from 'vitest';
import { inheritedEnvironment } from '../../src/sandbox/inherited.ts';

const own = { PATH: '/usr/bin', HOME: '/home/dana', LANG: 'C.UTF-8', NODE_OPTIONS: '--trace-warnings' };

describe('an approved program', () => {
	test('has what it was executed with', () => {
		const asked = { ...own, FOO: '1', DJANGO_SETTINGS_MODULE: 'site.settings', LC_ALL: 'de_DE', CI: 'true', empty: '' };
		expect(inheritedEnvironment(asked, own)).toEqual(asked);
	});

	test('finds things where the kernel says they are', () => {
		const asked = { PATH: '/w/evil', HOME: '/w/evil', XDG_CONFIG_HOME: '/w/evil', TMPDIR: '/w' };
		expect(inheritedEnvironment(asked, own)).toEqual({ PATH: '/usr/bin', HOME: '/home/dana' });
	});

	test.each([
		...['LD_PRELOAD', 'LD_AUDIT', 'LD_LIBRARY_PATH', 'GLIBC_TUNABLES', 'GCONV_PATH', 'LOCPATH', 'MALLOC_CHECK_'],
		...['PYTHONPATH', 'PYTHONHOME', 'PYTHONSTARTUP', 'UV_PYTHON', 'UV_CACHE_DIR', 'VIRTUAL_ENV', 'PIP_INDEX_URL'],
		...['BASH_ENV', 'ENV', 'BASH_FUNC_ls%%', 'SHELLOPTS', 'PS4', 'IFS', 'PROMPT_COMMAND', 'NODE_OPTIONS', 'NODE_PATH'],
		...[
			'PERL5LIB',
			'PERL5OPT',
			'RUBYOPT',
			'GIT_SSH_COMMAND',
			'GIT_EXEC_PATH',
			'HTTPS_PROXY',
			'SSL_CERT_FILE',
			...[
				'KUBECONFIG',
				'AWS_CONFIG_FILE',
				'DOCKER_HOST',
				'TF_CLI_ARGS',
				'PGSERVICEFILE',
				'PSQLRC',
				'GOFLAGS',
				'CARGO_HOME',
			],
			...['RUSTC_WRAPPER', 'npm_config_script_shell', 'LESSOPEN', 'RSYNC_RSH', 'INPUTRC', 'HGRCPATH', 'PYTEST_ADDOPTS'],
			'a-b',
			'',
		],
	])('is not steered by %s', (name) => {
		expect(inheritedEnvironment({ [name]: '/w/evil' }, {})).toEqual({});
	});

	test('is steered by what the operator set, and by nothing else of that name', () => {
		expect(inheritedEnvironment({ NODE_OPTIONS: '--trace-warnings' }, own)).toHaveProperty('NODE_OPTIONS');
		expect(inheritedEnvironment({ NODE_OPTIONS: '--require /w/evil.js' }, own)).not.toHaveProperty('NODE_OPTIONS');
	});
});

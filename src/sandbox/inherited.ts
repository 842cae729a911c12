// Which variables of a process inside go on to a program that was approved.

/**
 * Families of names that programs read before they do what they are asked: the loader, interpreters, shells, package managers, git.
 * Whoever sets one of them chooses what runs in another's name. Every other name is data to the kernel, and an approved
 * program needs it (`FOO=1 python3 app.py`), so a list of allowed names can't be written.
 */
const steering =
	/^(?:LD_|DYLD_|GLIBC_TUNABLES$|GCONV_PATH$|LOCPATH$|NLSPATH$|MALLOC_|PYTHON|UV_|VIRTUAL_ENV|CONDA|MAMBA|PIP_|PIPX_|POETRY_|PDM_|BASH|ENV$|SHELLOPTS$|PS4$|IFS$|PROMPT_COMMAND$|ZDOTDIR$|NODE_OPTIONS$|NODE_PATH$|NODE_REPL|NPM_|COREPACK_|BUN_|DENO_|PERL|RUBY|GEM_|BUNDLE_|JAVA_TOOL_OPTIONS$|_JAVA_OPTIONS$|JDK_|CLASSPATH$|GIT_|SSH_|GPG_|SUDO_|DOTNET_|LUA_|PHP|R_|MAKE(?:FLAGS|FILES)$|MFLAGS$|CC$|CXX$|EDITOR$|VISUAL$|PAGER$|BROWSER$|SSL_CERT|OPENSSL_|REQUESTS_CA|CURL_|HTTPS?_PROXY$|ALL_PROXY$|NO_PROXY$)/i;

/**
 * The same of single programs that rules are often about: which account, which machine, which commands they run on the way. Each
 * line is a kind: clouds and clusters; databases; builds; what chooses a version; pagers, editors and copying; runtimes.
 */
const ofPrograms = new RegExp(
	`^(?:${[
		'AWS_|AZURE_|CLOUDSDK_|GOOGLE_|KUBE|HELM_|DOCKER_|CONTAINER|PODMAN_|BUILDKIT_|COMPOSE_|TF_|TERRAFORM_|TOFU_|ANSIBLE_|VAULT_',
		'PG[A-Z]+$|PSQL|MYSQL|SQLITE_|REDISCLI_|KRB5_|GSS_|P11_',
		'CARGO_|RUST(?!_LOG$|_BACKTRACE$)|GO(?:FLAGS|PATH|ROOT|BIN|ENV|PROXY|WORK|PRIVATE|NO|SUM|TOOL)|CGO_|GCC_|COMPILER_PATH$',
		'LIBRARY_PATH$|C(?:PLUS)?_INCLUDE_PATH$|CPATH$|CMAKE_|PKG_CONFIG|MAVEN_|MVN_|GRADLE_|ANT_|JAVA_HOME$|JAVA_OPTS$|PYTEST_',
		'YARN_|PNPM_|VOLTA_|NVM_|FNM_|N_PREFIX$|ASDF_|MISE_|RTX_|PYENV_|RBENV_|SDKMAN_|DIRENV|GH_|GLAB_|HG|SVN_|CVS_',
		'RSYNC_|TAR_|GREP_|LESS|MANPAGER$|MANOPT$|BAT_|FZF_|RIPGREP_|VIM|EXINIT$|EMACS|INPUTRC$|WGETRC$|NETRC$|HOSTALIASES$',
		'TCLLIBPATH$|GUILE_|ERL_|ELIXIR_|JULIA_|GHC_|OCAML|OPAM|GI_TYPELIB_PATH$|GIO_|GTK_|QT_|GST_|ELECTRON_|JUPYTER_|IPYTHON',
	].join('|')})`,
	'i',
);

/** Where things are: as the kernel set them for the call, whatever a process inside says. */
const fixed: ReadonlySet<string> = new Set(['PATH', 'HOME', 'TMPDIR', 'USER', 'LOGNAME', 'SHELL']);

/** The environment of an approved program: what it was executed with, but for what steers; `own` is that of the call. */
export function inheritedEnvironment(
	asked: Readonly<Record<string, string>>,
	own: Readonly<Record<string, string>>,
): Record<string, string> {
	const result: Record<string, string> = {};
	for (const [name, value] of Object.entries(asked)) {
		const isPlain = /^[A-Za-z_][A-Za-z0-9_]*$/.test(name) && !fixed.has(name) && !name.startsWith('XDG_');
		// What the operator set for the call reaches it also where it steers.
		if (isPlain && (!(steering.test(name) || ofPrograms.test(name)) || own[name] === value)) result[name] = value;
	}
	for (const [name, value] of Object.entries(own)) {
		if (fixed.has(name) || name.startsWith('XDG_')) result[name] = value;
	}
	return result;
}

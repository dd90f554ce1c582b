import { Argument, type Command } from 'commander';
import { type Cli, examples } from '../command.ts';

/** Each script asks `millrace __complete <words…>` for the candidates, one a line, and falls back to file names. */
const scripts = {
  // Bash splits words at @ and : too, so the words are taken from the line, and what is before the last such sign is
  // cut off the answers again.
  bash: `_millrace() {
  local line words current
  read -ra words <<< "\${COMP_LINE:0:COMP_POINT}"
  [[ \${COMP_LINE:COMP_POINT-1:1} == ' ' ]] && words+=("")
  current=\${words[\${#words[@]}-1]}
  local before=\${current%"\${current##*[@:=]}"}
  COMPREPLY=()
  while IFS= read -r line; do
    COMPREPLY+=("\${line#"$before"}")
  done < <(millrace __complete "\${words[@]:1}" 2>/dev/null)
}
complete -o default -F _millrace millrace`,
  zsh: `#compdef millrace
_millrace() {
  local -a found
  found=("\${(@f)$(millrace __complete "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  if [[ -n \${found[1]} ]]; then compadd -- "\${found[@]}"; else _files; fi
}
compdef _millrace millrace`,
  fish: `function __millrace_complete
  set -l words (commandline -opc) (commandline -ct)
  set -l found (millrace __complete $words[2..] 2>/dev/null)
  if set -q found[1]
    printf '%s\\n' $found
  else
    __fish_complete_path (commandline -ct)
  end
end
complete -c millrace -f -a '(__millrace_complete)'`,
} as const;

export const define = (command: Command, { terminal }: Cli): void => {
  command
    .addArgument(new Argument('<shell>', 'whose script').choices(Object.keys(scripts)))
    .action((shell: keyof typeof scripts) => terminal.out(scripts[shell]));
  examples(
    command,
    ['eval "$(millrace completion bash)"', 'in ~/.bashrc'],
    ['eval "$(millrace completion zsh)"', 'in ~/.zshrc, after compinit'],
    ['millrace completion fish | source', 'in ~/.config/fish/config.fish'],
  );
};

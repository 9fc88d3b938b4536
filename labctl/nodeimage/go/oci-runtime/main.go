// What stands before runc and crun on a host that withholds capabilities.
//
// CRI-O and dockerd ask for every capability and for OOM scores below their
// own, as if every host could grant them. This takes out of the document what
// can't be had and becomes the runtime whose name it is called by.
package main

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
)

const folders = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

func init() {
	// A parent-death signal, which containerd's shim asks for, is one thread's
	// own: it is lost if another one than the first calls exec.
	runtime.LockOSThread()
}

func main() {
	name := filepath.Base(os.Args[0])
	program := find(name, os.Getenv("PATH"))
	if program == "" {
		fail(name, "no program of this name behind the wrapper on PATH")
	}
	if path, process := document(os.Args[1:]); path != "" {
		edit := kernel.config
		if process {
			edit = kernel.process
		}
		if err := rewrite(path, edit); err != nil {
			say(name, err.Error())
		}
	}
	argv := append([]string{program}, os.Args[1:]...)
	fail(name, program+": "+syscall.Exec(program, argv, os.Environ()).Error())
}

// 1 is what the runtimes answer for their own failures. 126 and 127 look like
// the container's command, which run and exec pass on.
func fail(name, text string) {
	say(name, text)
	os.Exit(1)
}

func say(name, text string) {
	os.Stderr.WriteString(name + " (labctl's wrapper): " + text + "\n")
}

// find answers the first program of that name that is not this one.
func find(name, path string) string {
	self, err := os.Stat("/proc/self/exe")
	if err != nil {
		return "" // it could be this one, for ever
	}
	for _, folder := range filepath.SplitList(path + ":" + folders) {
		// The current folder is a bundle, often.
		if !filepath.IsAbs(folder) {
			continue
		}
		candidate := filepath.Join(folder, name)
		info, err := os.Stat(candidate)
		if err != nil || !info.Mode().IsRegular() || info.Mode()&0o111 == 0 {
			continue
		}
		if !os.SameFile(info, self) {
			return candidate
		}
	}
	return ""
}

// document answers the file that these arguments have the runtime read, if any,
// and whether it holds a process alone instead of a whole configuration.
func document(args []string) (path string, process bool) {
	command := ""
	for command == "" && len(args) > 0 {
		option, value, rest := next(args)
		if option == "" && value != "--" {
			command = value
		}
		args = rest
	}
	switch command {
	case "create", "run", "restore":
		given := options(args, false)
		if config := given["config"]; config != "" && config != "config.json" {
			return config, false // crun: not in the bundle
		}
		return filepath.Join(given["bundle"], "config.json"), false
	case "exec":
		return options(args, true)["process"], true
	}
	return "", false
}

// options answers a command's options. The last one counts. With `before` only
// those before the first plain word: what follows is the container's own.
func options(args []string, before bool) map[string]string {
	given := map[string]string{}
	for len(args) > 0 {
		option, value, rest := next(args)
		if value == "--" && option == "" || before && option == "" {
			break
		}
		given[option] = value
		args = rest
	}
	return given
}

// next takes an option with its value, or a plain word, which is all `value`.
func next(args []string) (option, value string, rest []string) {
	word, rest := args[0], args[1:]
	bare := strings.TrimPrefix(strings.TrimPrefix(word, "-"), "-")
	if bare == word || bare == "" {
		return "", word, rest
	}
	bare, value, joined := strings.Cut(bare, "=")
	option, valued := long(bare)
	if valued && !joined && len(rest) > 0 {
		return option, rest[0], rest[1:]
	}
	return option, value, rest
}

// long answers an option's long name, and whether runc or crun take a value for it.
func long(option string) (name string, valued bool) {
	switch option {
	case "b":
		return "bundle", true
	case "f":
		return "config", true
	case "p":
		return "process", true
	case "cgroup-manager", "criu", "log", "log-format", "log-level", "root", "rootless":
		return option, true // before the command
	case "bundle", "config", "console-socket", "pid-file", "pidfd-socket", "preserve-fds":
		return option, true // create, run
	case "empty-ns", "image-path", "lsm-mount-context", "lsm-profile", "manage-cgroups-mode",
		"work-path":
		return option, true // restore
	case "additional-gids", "apparmor", "c", "cap", "cgroup", "cwd", "e", "env", "g", "process",
		"process-label", "u", "user":
		return option, true // exec
	}
	return option, false
}

// rewrite replaces a file by its edited content, if it has to be another one.
// What can't be read or parsed is left alone: the runtime has the better words.
func rewrite(path string, edit edit) error {
	info, err := os.Stat(path)
	// A pipe could be read only once.
	if err != nil || !info.Mode().IsRegular() {
		return nil
	}
	content, err := os.ReadFile(path)
	if err != nil {
		return nil
	}
	edited := edit(content)
	if edited == nil {
		return nil
	}
	if path, err = filepath.EvalSymlinks(path); err != nil {
		return err
	}
	return replace(path, info, edited)
}

// replace writes a file at once, with the mode and owner that it had.
func replace(path string, old os.FileInfo, content []byte) error {
	file, err := os.CreateTemp(filepath.Dir(path), ".labctl-*")
	if err != nil {
		return err
	}
	defer file.Close()
	_, err = file.Write(content)
	if owner, ok := old.Sys().(*syscall.Stat_t); ok && err == nil {
		err = file.Chown(int(owner.Uid), int(owner.Gid))
	}
	if err == nil {
		err = file.Chmod(old.Mode())
	}
	if err == nil {
		err = os.Rename(file.Name(), path)
	}
	if err != nil {
		os.Remove(file.Name())
	}
	return err
}

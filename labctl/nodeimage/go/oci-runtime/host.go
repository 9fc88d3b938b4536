package main

import (
	"bytes"
	"os"
	"strconv"
	"syscall"
	"unsafe"
)

// By their numbers, from linux/capability.h.
var capabilities = [...]string{
	"CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_DAC_READ_SEARCH", "CAP_FOWNER", "CAP_FSETID", "CAP_KILL",
	"CAP_SETGID", "CAP_SETUID", "CAP_SETPCAP", "CAP_LINUX_IMMUTABLE", "CAP_NET_BIND_SERVICE",
	"CAP_NET_BROADCAST", "CAP_NET_ADMIN", "CAP_NET_RAW", "CAP_IPC_LOCK", "CAP_IPC_OWNER",
	"CAP_SYS_MODULE", "CAP_SYS_RAWIO", "CAP_SYS_CHROOT", "CAP_SYS_PTRACE", "CAP_SYS_PACCT",
	"CAP_SYS_ADMIN", "CAP_SYS_BOOT", "CAP_SYS_NICE", "CAP_SYS_RESOURCE", "CAP_SYS_TIME",
	"CAP_SYS_TTY_CONFIG", "CAP_MKNOD", "CAP_LEASE", "CAP_AUDIT_WRITE", "CAP_AUDIT_CONTROL",
	"CAP_SETFCAP", "CAP_MAC_OVERRIDE", "CAP_MAC_ADMIN", "CAP_SYSLOG", "CAP_WAKE_ALARM",
	"CAP_BLOCK_SUSPEND", "CAP_AUDIT_READ", "CAP_PERFMON", "CAP_BPF", "CAP_CHECKPOINT_RESTORE",
}

// By their numbers, from asm-generic/resource.h.
var resources = [...]string{
	"RLIMIT_CPU", "RLIMIT_FSIZE", "RLIMIT_DATA", "RLIMIT_STACK", "RLIMIT_CORE", "RLIMIT_RSS",
	"RLIMIT_NPROC", "RLIMIT_NOFILE", "RLIMIT_MEMLOCK", "RLIMIT_AS", "RLIMIT_LOCKS",
	"RLIMIT_SIGPENDING", "RLIMIT_MSGQUEUE", "RLIMIT_NICE", "RLIMIT_RTPRIO", "RLIMIT_RTTIME",
}

// kernel is this process's host. What the runtime will ask the kernel for is
// tried on this process first: capabilities alone don't tell, for in a user
// namespace all of them are there and these two things are refused all the same.
var kernel = host{holds: bounded, score: tryScore, hardLimit: tryHardLimit}

func bounded(capability int) bool {
	held, _, err := syscall.RawSyscall(syscall.SYS_PRCTL, syscall.PR_CAPBSET_READ, uintptr(capability), 0)
	return err == 0 && held == 1
}

func tryScore(asked int) int {
	const path = "/proc/self/oom_score_adj"
	text, err := os.ReadFile(path)
	if err != nil {
		return asked
	}
	own, err := strconv.Atoi(string(bytes.TrimSpace(text)))
	if err != nil || asked >= own {
		return asked
	}
	if os.WriteFile(path, []byte(strconv.Itoa(asked)), 0) != nil {
		return own
	}
	os.WriteFile(path, text, 0)
	return asked
}

func tryHardLimit(resource int, asked uint64) uint64 {
	var own syscall.Rlimit
	if prlimit(resource, nil, &own) != 0 || asked <= own.Max {
		return asked
	}
	if prlimit(resource, &syscall.Rlimit{Cur: own.Cur, Max: asked}, nil) != 0 {
		return own.Max
	}
	prlimit(resource, &own, nil)
	return asked
}

// Not syscall.Setrlimit: after it Go no longer gives back, at exec, the soft
// limit for open files that it raised for itself.
func prlimit(resource int, limit, old *syscall.Rlimit) syscall.Errno {
	_, _, err := syscall.RawSyscall6(syscall.SYS_PRLIMIT64, 0, uintptr(resource),
		uintptr(unsafe.Pointer(limit)), uintptr(unsafe.Pointer(old)), 0, 0)
	return err
}

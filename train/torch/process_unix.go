//go:build unix

package torch

import (
	"os/exec"
	"syscall"
)

// apart puts the process into a group of its own, so that Ctrl-C reaches winnow alone, which lets it finish and save.
func apart(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }

// terminate asks the whole group to end: torchrun ends its processes then. An error means that they are gone.
func terminate(cmd *exec.Cmd) { _ = syscall.Kill(-cmd.Process.Pid, syscall.SIGTERM) }

func destroy(cmd *exec.Cmd) { _ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }

//go:build !unix

package torch

import "os/exec"

func apart(*exec.Cmd) {}

// terminate ends the process; its children see their input close. An error means that it is gone.
func terminate(cmd *exec.Cmd) { _ = cmd.Process.Kill() }

func destroy(cmd *exec.Cmd) { _ = cmd.Process.Kill() }

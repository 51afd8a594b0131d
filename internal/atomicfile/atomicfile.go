// Package atomicfile writes files that appear whole or not at all: a temporary file beside the target, a sync, a rename.
package atomicfile

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"syscall"

	"github.com/google/renameio/v2"
)

// Write puts data at path.
func Write(path string, data []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return Explain(err)
	}
	return Explain(renameio.WriteFile(path, data, 0o644))
}

// WriteJSON puts v at path as indented JSON.
func WriteJSON(path string, v any) error {
	data, err := json.MarshalIndent(v, "", " ")
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return Write(path, append(data, '\n'))
}

// ReadJSON fills v from the file at path.
func ReadJSON(path string, v any) error {
	data, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(data, v); err != nil {
		return fmt.Errorf("%s: %w; delete the file and run again", path, err)
	}
	return nil
}

// Stream lets write fill a file that appears at path when write has returned without an error.
func Stream(path string, write func(io.Writer) error) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return Explain(err)
	}
	f, err := renameio.NewPendingFile(path, renameio.WithPermissions(0o644))
	if err != nil {
		return Explain(err)
	}
	defer func() { _ = f.Cleanup() }()
	if err := write(f); err != nil {
		return Explain(err)
	}
	return Explain(f.CloseAtomicallyReplace())
}

// Explain adds to errors of the file system what to do about them.
func Explain(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return fmt.Errorf("%w: the disk is full; free space or set run_folder to another disk, then start the run again: it goes on where it stopped", err)
	case errors.Is(err, os.ErrPermission), errors.Is(err, syscall.EROFS):
		return fmt.Errorf("%w: the folder cannot be written; change its permissions or set run_folder to another place", err)
	}
	return err
}

// Package base holds winnow's own bilingual base model, embedded in the binary: config.json, model.safetensors (bf16), tokenizer.json and the card, README.md.
package base

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"io/fs"
	"os"
	"path/filepath"

	"winnow/internal/atomicfile"
)

//go:embed model
var files embed.FS

// Name is how recipes call the model.
const Name = "base"

// Digest tells this model from another.
func Digest() string {
	h := sha256.New()
	entries, err := fs.ReadDir(files, "model")
	if err != nil {
		panic(err) // the folder is part of the binary
	}
	for _, e := range entries {
		data, err := files.ReadFile("model/" + e.Name())
		if err != nil {
			panic(err)
		}
		h.Write([]byte(e.Name()))
		h.Write(data)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// Extract writes the model's files to dir, where they are not there yet.
func Extract(dir string) error {
	entries, err := fs.ReadDir(files, "model")
	if err != nil {
		return err
	}
	for _, e := range entries {
		data, err := files.ReadFile("model/" + e.Name())
		if err != nil {
			return err
		}
		path := filepath.Join(dir, e.Name())
		if info, err := os.Stat(path); err == nil && info.Size() == int64(len(data)) {
			continue
		}
		if err := atomicfile.Write(path, data); err != nil {
			return err
		}
	}
	return nil
}

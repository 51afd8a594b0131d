package hub

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
)

// workFolder holds what is not finished where files go straight into a user's folder.
const workFolder = ".winnow-pull"

// store is where files go: the cache, or a folder of the user. Every name is used through root, so that nothing, symbolic links included, leads out of it.
type store struct {
	root   *os.Root
	dir    string
	work   string // folder of parts
	cached bool
	commit string
}

// cacheName is the folder of a repository in the cache (huggingface_hub, repo_folder_name).
func cacheName(r Repo) string {
	return string(r.Kind) + "--" + strings.ReplaceAll(r.Name, "/", "--")
}

func openStore(dir string, cached bool, commit string) (*store, error) {
	s := &store{dir: dir, work: workFolder, cached: cached, commit: commit}
	if cached {
		s.work = "blobs"
	}
	if err := os.MkdirAll(filepath.Join(dir, s.work), 0o755); err != nil {
		return nil, explain(err)
	}
	var err error
	s.root, err = os.OpenRoot(dir)
	return s, explain(err)
}

// blob names a file's content, also where the hub gives neither checksum nor ETag.
func (s *store) blob(f File) string {
	if id := f.id(); id != "" {
		return id
	}
	sum := sha256.Sum256([]byte(s.commit + "/" + f.Path))
	return "unnamed-" + hex.EncodeToString(sum[:20])
}

func (s *store) part(f File) string { return s.work + "/" + s.blob(f) + ".incomplete" }

// place is where the file itself lies: among the blobs, or at its own path.
func (s *store) place(f File) string {
	if s.cached {
		return "blobs/" + s.blob(f)
	}
	return f.Path
}

// has says whether the file is there. A blob was checked before it got its name, so its size is enough; a file in a user's folder is read.
func (s *store) has(f File) (bool, error) {
	info, err := s.root.Stat(s.place(f))
	if err != nil || !info.Mode().IsRegular() || f.id() == "" || f.Size >= 0 && info.Size() != f.Size {
		return false, nil
	}
	if s.cached {
		return true, nil
	}
	if f.SHA256 == "" && f.SHA1 == "" {
		return false, nil
	}
	wrong, err := mismatch(s.root, f.Path, f)
	return wrong == "", err
}

// finish puts a whole part in its place.
func (s *store) finish(f File, part string) error {
	to := s.place(f)
	if err := s.root.MkdirAll(path.Dir(to), 0o755); err != nil {
		return explain(err)
	}
	if err := s.root.Rename(part, to); err != nil {
		return explain(err)
	}
	return removed(s.root, part+".json")
}

// link makes the file visible in the snapshot: a symbolic link, where the system has none a second name of the same file.
func (s *store) link(f File) error {
	if !s.cached {
		return nil
	}
	name := "snapshots/" + s.commit + "/" + f.Path
	if err := s.root.MkdirAll(path.Dir(name), 0o755); err != nil {
		return explain(err)
	}
	blob := s.place(f)
	up := strings.Repeat("../", strings.Count(name, "/"))
	if at, err := s.root.Readlink(name); err == nil && at == up+blob {
		return nil
	}
	if err := removed(s.root, name); err != nil {
		return explain(err)
	}
	if s.root.Symlink(up+blob, name) == nil {
		return nil
	}
	return explain(s.root.Link(blob, name))
}

// conclude notes the commit under its revision, last of all: a revision with a note is complete.
func (s *store) conclude(r Repo) error {
	if !s.cached {
		return explain(s.root.RemoveAll(workFolder))
	}
	name := "refs/" + r.Revision
	if err := s.root.MkdirAll(path.Dir(name), 0o755); err != nil {
		return explain(err)
	}
	if err := s.root.WriteFile(name+".new", []byte(s.commit), 0o644); err != nil {
		return explain(err)
	}
	return explain(s.root.Rename(name+".new", name))
}

// folder is where the files are seen.
func (s *store) folder() string {
	if s.cached {
		return filepath.Join(s.dir, "snapshots", s.commit)
	}
	return s.dir
}

// removed removes a file or an empty folder that may not be there.
func removed(root *os.Root, name string) error {
	if err := root.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// Cached finds a repository that was pulled before: the folder of its files and their commit. It asks no hub.
func (c *Client) Cached(r Repo) (dir, commit string, ok bool) {
	root := filepath.Join(c.Cache, cacheName(r))
	commit = r.Revision
	if data, err := os.ReadFile(filepath.Join(root, "refs", filepath.FromSlash(r.Revision))); err == nil {
		commit = strings.TrimSpace(string(data))
	}
	if !plainName.MatchString(commit) {
		return "", "", false
	}
	dir = filepath.Join(root, "snapshots", commit)
	_, err := os.Stat(dir)
	return dir, commit, err == nil
}

// Kept is a repository in the cache.
type Kept struct {
	Repo   Repo
	Commit string
	Dir    string
	Files  int
	Bytes  int64
}

// Kept lists what the cache holds, by kind, name and revision.
func (c *Client) Kept() ([]Kept, error) {
	var out []Kept
	for _, kind := range []Kind{Model, Dataset} {
		folders, err := filepath.Glob(filepath.Join(c.Cache, string(kind)+"--*"))
		if err != nil {
			return nil, err
		}
		slices.Sort(folders)
		for _, folder := range folders {
			name := strings.ReplaceAll(strings.TrimPrefix(filepath.Base(folder), string(kind)+"--"), "--", "/")
			refs := filepath.Join(folder, "refs")
			err := filepath.WalkDir(refs, func(p string, d fs.DirEntry, err error) error {
				if err != nil || d.IsDir() {
					return nil // a folder without refs has no finished revision
				}
				rev, _ := filepath.Rel(refs, p)
				k := Kept{Repo: Repo{kind, name, filepath.ToSlash(rev)}}
				var ok bool
				if k.Dir, k.Commit, ok = c.Cached(k.Repo); ok {
					k.Files, k.Bytes = contents(k.Dir)
					out = append(out, k)
				}
				return nil
			})
			if err != nil {
				return nil, err
			}
		}
	}
	return out, nil
}

// contents counts the files of a snapshot and their bytes.
func contents(dir string) (files int, bytes int64) {
	_ = filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return nil
		}
		if info, err := os.Stat(p); err == nil {
			files, bytes = files+1, bytes+info.Size()
		}
		return nil
	})
	return files, bytes
}

// explain adds to errors of the file system what to do about them.
func explain(err error) error {
	switch {
	case errors.Is(err, syscall.ENOSPC):
		return fmt.Errorf("%w: the disk is full; free space, or name a folder on another disk with --to (or HF_HUB_CACHE), then pull again: what has arrived is kept", err)
	case errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("%w: the folder cannot be written; name another with --to, or another cache with HF_HUB_CACHE", err)
	}
	return err
}

package hub

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// Options say what Pull fetches and where it goes.
type Options struct {
	Include  []string // patterns of files; nil takes what winnow reads
	To       string   // folder to write; "" keeps the files in the cache
	Progress Progress // nil says nothing
}

// Progress is told how a download goes on; pipeline.Progress is one.
type Progress interface {
	Begin(stage string, total int64, unit string)
	Advance(n int64, note string)
	End(summary string)
}

type quiet struct{}

func (quiet) Begin(string, int64, string) {}
func (quiet) Advance(int64, string)       {}
func (quiet) End(string)                  {}

// Pulled is what Pull did.
type Pulled struct {
	Dir     string // folder of the files
	Commit  string
	Files   []File
	Bytes   int64 // of all files
	Fetched int   // files that came over the network; the others were there
}

// Pull fetches a repository's files. Whatever interrupts it, what has arrived is kept, and the next Pull goes on from there.
func (c *Client) Pull(ctx context.Context, r Repo, o Options) (*Pulled, error) {
	if o.Progress == nil {
		o.Progress = quiet{}
	}
	if c.Offline {
		return c.offline(r, o)
	}
	o.Progress.Begin("pull "+r.String(), 0, "B") // the list says how much it is
	say := func(text string) { o.Progress.Advance(0, text) }
	list, err := c.List(ctx, r, say)
	if err != nil {
		return nil, err
	}
	files, err := choose(r, list.Files, o.Include)
	if err != nil {
		return nil, err
	}
	for i := range files {
		if err := c.identify(ctx, r, list.Commit, &files[i], say); err != nil {
			return nil, err
		}
	}
	dir := o.To
	if dir == "" {
		dir = filepath.Join(c.Cache, cacheName(r))
	}
	s, err := openStore(dir, o.To == "", list.Commit)
	if err != nil {
		return nil, err
	}
	defer func() { _ = s.root.Close() }()
	unlock, err := lock(filepath.Join(dir, s.work))
	if err != nil {
		return nil, err
	}
	defer unlock()
	p := &pull{client: c, repo: r, store: s, progress: o.Progress, out: &Pulled{Dir: s.folder(), Commit: list.Commit, Files: files}}
	if err := p.files(ctx); err != nil {
		return nil, err
	}
	return p.out, s.conclude(r)
}

// offline answers from the cache alone.
func (c *Client) offline(r Repo, o Options) (*Pulled, error) {
	dir, commit, ok := c.Cached(r)
	if !ok || o.To != "" {
		return nil, fmt.Errorf("%s: HF_HUB_OFFLINE is set, so no hub is asked, and the cache at %s does not do; unset it and pull again", r, c.Cache)
	}
	_, size := contents(dir)
	return &Pulled{Dir: dir, Commit: commit, Bytes: size}, nil
}

// pull is the work of one Pull once its files are known.
type pull struct {
	client   *Client
	repo     Repo
	store    *store
	progress Progress
	out      *Pulled
}

// files brings every file that is missing.
func (p *pull) files(ctx context.Context) error {
	var missing []*File
	need := int64(0)
	for i := range p.out.Files {
		f := &p.out.Files[i]
		there, err := p.store.has(*f)
		if err != nil {
			return err
		}
		if there {
			continue
		}
		missing = append(missing, f)
		need += max(f.Size, 0)
		if info, err := p.store.root.Stat(p.store.part(*f)); err == nil {
			need -= info.Size()
		}
	}
	if free, ok := freeSpace(p.store.dir); ok && need > free {
		return fmt.Errorf("%s needs %s more, the disk of %s has %s free; free space, or name a folder on another disk with --to (or HF_HUB_CACHE)", p.repo, bytesText(need), p.store.dir, bytesText(free))
	}
	total := int64(0)
	for _, f := range missing {
		total += max(f.Size, 0)
	}
	p.progress.Begin("pull "+p.repo.String(), total, "B")
	for _, f := range missing {
		if err := p.file(ctx, f); err != nil {
			return err
		}
		p.out.Fetched++
	}
	for _, f := range p.out.Files {
		if err := p.store.link(f); err != nil {
			return err
		}
		p.out.Bytes += max(f.Size, 0)
	}
	p.progress.End(fmt.Sprintf("%d of %d files fetched, %s in all", len(missing), len(p.out.Files), bytesText(p.out.Bytes)))
	return nil
}

// file brings one file and puts it in its place.
func (p *pull) file(ctx context.Context, f *File) error {
	part := p.store.part(*f)
	fetch := &fetch{c: p.client, repo: p.repo, commit: p.out.Commit, file: f, root: p.store.root, part: part,
		move: func(n int64) { p.progress.Advance(n, f.Path) }, say: func(text string) { p.progress.Advance(0, text) }}
	if err := p.fromCache(*f, part); err != nil {
		return err
	}
	if err := fetch.run(ctx); err != nil {
		return err
	}
	f.Size = fetch.have
	return p.store.finish(*f, part)
}

// fromCache copies a file that the cache holds where one was asked for in another folder; fetch checks it like any part.
func (p *pull) fromCache(f File, part string) error {
	if p.store.cached || f.SHA256 == "" && f.SHA1 == "" {
		return nil
	}
	in, err := os.Open(filepath.Join(p.client.Cache, cacheName(p.repo), "blobs", f.id()))
	if err != nil {
		return nil // not there
	}
	defer func() { _ = in.Close() }()
	out, err := p.store.root.Create(part)
	if err != nil {
		return explain(err)
	}
	_, err = io.Copy(out, in)
	return explain(errors.Join(err, out.Close()))
}

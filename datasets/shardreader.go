package datasets

import (
	"archive/tar"
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
)

// fileError ends the reading of one file; the next file of the shard can still be read.
type fileError struct {
	file string
	err  error
}

func (e *fileError) Error() string { return e.file + ": " + e.err.Error() }
func (e *fileError) Unwrap() error { return e.err }

// shardReader delivers the rows of all files and archive members of a shard.
type shardReader struct {
	ctx     context.Context
	source  *Source
	shard   Shard
	columns *columns

	files   []File
	next    int // index in files
	closers []func()

	archive     *tar.Reader
	archiveName string
	wanted      *Format // format of the archive's members, fixed by the first one
	memberDone  func()

	reader   rowReader
	file     string
	position int64
	formats  map[string]bool // names of the formats met
	current  *countedFile
	finished int64 // bytes of the files that are done with
}

// countedFile knows how far a file has been read in order.
type countedFile struct {
	*os.File
	read, size int64
}

func (c *countedFile) Read(p []byte) (int, error) {
	n, err := c.File.Read(p)
	c.read += int64(n)
	return n, err
}

// ReadAt counts what parts of a file are read through.
func (c *countedFile) ReadAt(p []byte, off int64) (int, error) {
	n, err := c.File.ReadAt(p, off)
	c.read += int64(n)
	return n, err
}

// consumed estimates how many bytes on disk the rows delivered so far stand for.
func (sr *shardReader) consumed(shard Shard) int64 {
	n := sr.finished
	if sr.current != nil {
		if p, ok := sr.reader.(interface{ progress() float64 }); ok {
			n += int64(p.progress() * float64(sr.current.size))
		} else {
			n += max(1, sr.current.read)
		}
	}
	return min(max(1, n), max(1, shard.Bytes))
}

func newShardReader(ctx context.Context, s *Source, shard Shard, cols *columns) *shardReader {
	return &shardReader{ctx: ctx, source: s, shard: shard, columns: cols, files: shard.Files(), formats: map[string]bool{}}
}

// Next fills r with the next row. Errors: io.EOF at the end of the shard, *rowError for one bad row, *fileError when the rest of a file is lost; after
// both of these reading goes on. Whatever a parser panics about on broken bytes becomes a *fileError.
func (sr *shardReader) Next(r *record) error {
	for {
		if sr.reader == nil {
			err := sr.guard(sr.advance)
			if err == io.EOF {
				return io.EOF
			}
			if err != nil {
				r.file, r.position, r.line = sr.file, sr.position, 0
				sr.giveUp(err)
				return &fileError{sr.file, err}
			}
		}
		r.reset(len(sr.columns.names))
		err := sr.guard(func() error { return sr.reader.Next(r) })
		if err == io.EOF {
			sr.closeReader()
			continue
		}
		r.file, r.position = sr.file, sr.position
		sr.position++
		var bad *rowError
		switch {
		case err == nil:
			return nil
		case errors.As(err, &bad):
			return err
		}
		sr.giveUp(err)
		return &fileError{sr.file, err}
	}
}

// giveUp leaves what cannot be read on: a member of an archive, or the whole file when that is what is broken.
func (sr *shardReader) giveUp(err error) {
	var broken *brokenError
	if sr.archive != nil && !(errors.As(err, &broken) && broken.outer) {
		sr.closeReader()
		return
	}
	sr.closeFile()
}

func (sr *shardReader) guard(f func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("the file is broken: its parser met what it cannot be (%v)", p)
		}
	}()
	return f()
}

// advance opens what comes next: a member of the current archive, or a file.
func (sr *shardReader) advance() error {
	if sr.archive != nil {
		err := sr.nextMember()
		if err != io.EOF {
			return err
		}
		sr.closeFile()
	}
	if sr.next >= len(sr.files) {
		return io.EOF
	}
	f := sr.files[sr.next]
	sr.next++
	sr.file, sr.position = f.Name, 0
	return sr.openFile(f)
}

func (sr *shardReader) openFile(f File) error {
	opened, err := os.Open(f.Path)
	if err != nil {
		return err
	}
	info, err := opened.Stat()
	if err != nil {
		_ = opened.Close()
		return err
	}
	file := &countedFile{File: opened, size: info.Size()}
	sr.current = file
	sr.closers = append(sr.closers, func() { _ = file.Close() })
	head := make([]byte, 64<<10)
	n, err := opened.ReadAt(head, 0)
	if err != nil && err != io.EOF {
		return err
	}
	head = head[:n]
	o := &opening{ctx: sr.ctx, source: sr.source, name: f.Name, start: 0, end: -1, columns: sr.columns}
	format := sr.source.formatOf(f.Name, head)
	if !sr.shard.whole() {
		sr.file = sr.shard.label()
		o.name, o.start, o.end, o.part, o.head = sr.file, sr.shard.Start, sr.shard.End, sr.shard.Start > 0, head
		if isTar(head) {
			return sr.openArchive(f, io.NewSectionReader(file, o.start, o.end-o.start))
		}
		if !format.random {
			o.body = io.NewSectionReader(file, o.start, o.end-o.start)
		} else {
			o.random = randomAccess{file, file.size}
		}
		return sr.start(format, o)
	}
	if isTar(head) {
		return sr.openArchive(f, file)
	}
	if compressionOf(head) == "" {
		o.random = randomAccess{file, file.size}
		o.body = file
		return sr.start(format, o)
	}
	plain, done, err := decompress(file, true)
	if err != nil {
		return err
	}
	sr.closers = append(sr.closers, done)
	br := bufio.NewReaderSize(plain, 64<<10)
	inner, err := br.Peek(1024)
	if err != nil && err != io.EOF && len(inner) == 0 {
		return err // with bytes before it, the error comes again when they have been read
	}
	if isTar(inner) || isArchiveName(f.Name) {
		return sr.openArchive(f, br)
	}
	o.body = br
	return sr.start(sr.source.formatOf(f.Name, inner), o)
}

func (sr *shardReader) openArchive(f File, r io.Reader) error {
	sr.archive, sr.archiveName, sr.wanted = tar.NewReader(r), f.Name, nil
	if name := sr.source.format(); name != "auto" {
		sr.wanted = formats[name]
	}
	return sr.nextMember()
}

// nextMember goes to the next member of the archive that holds rows; io.EOF at the archive's end.
func (sr *shardReader) nextMember() error {
	for {
		h, err := sr.archive.Next()
		if err == io.EOF {
			return io.EOF
		}
		if err != nil {
			sr.file, sr.position = sr.archiveName, 0
			var broken *brokenError
			if errors.As(err, &broken) {
				return err
			}
			return &brokenError{"tar archive", true, err}
		}
		inner := sr.files[sr.next-1].Inner
		if h.Typeflag != tar.TypeReg || !sr.takes(h.Name, inner) {
			continue
		}
		sr.file, sr.position = sr.archiveName+"/"+path.Clean(h.Name), 0
		plain, done, err := decompress(&markedReader{sr.archive, "tar archive", true}, false)
		if err != nil {
			return err
		}
		sr.memberDone = done
		br := bufio.NewReaderSize(plain, 4<<10)
		head, err := br.Peek(1024)
		if err != nil && err != io.EOF && len(head) == 0 {
			return err
		}
		format := sr.source.formatOf(h.Name, head)
		if sr.wanted == nil {
			sr.wanted = format
		}
		if format != sr.wanted {
			sr.closeReader()
			continue
		}
		return sr.start(format, &opening{ctx: sr.ctx, source: sr.source, name: sr.file, body: br, end: -1, columns: sr.columns})
	}
}

// takes reports whether a member of an archive is to be read: the one that was asked for, those that the source's `members` match, else every file
// whose extension stands for the archive's format. Files without a known extension (LICENSE, README) are read only on request.
func (sr *shardReader) takes(name, inner string) bool {
	clean := path.Clean(name)
	base := path.Base(clean)
	if inner != "" {
		return clean == inner
	}
	if m := sr.source.Members; m != "" {
		return matchPath(m, clean) || matchPath(m, base)
	}
	if skippedInFolders(base) {
		return false
	}
	f := formatByName(base)
	return f != nil && (sr.wanted == nil || f == sr.wanted || sr.source.format() != "auto" && f.Name == "text")
}

func (sr *shardReader) start(format *Format, o *opening) error {
	if format.random && o.random.ReaderAt == nil {
		data, err := readCapped(o.body, maxInMemory)
		if err != nil {
			return err
		}
		o.random = randomAccess{bytes.NewReader(data), int64(len(data))}
	}
	sr.formats[format.Name] = true
	reader, err := format.open(o)
	if err != nil {
		return err
	}
	if b, ok := reader.(interface{ base() int64 }); ok { // positions count from the file's beginning although this is a later part
		sr.file, sr.position = sr.files[sr.next-1].Name, b.base()
	}
	sr.reader = reader
	return nil
}

// readCapped reads all of r, or fails when there is more than limit.
func readCapped(r io.Reader, limit int64) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(r, limit+1))
	if err != nil {
		return nil, err
	}
	if int64(len(data)) > limit {
		return nil, fmt.Errorf("it is larger than %d MiB, which is the most that is held in memory: unpack it first", limit>>20)
	}
	return data, nil
}

func (sr *shardReader) closeReader() {
	if sr.reader != nil {
		_ = sr.reader.Close()
		sr.reader = nil
	}
	if sr.memberDone != nil {
		sr.memberDone()
		sr.memberDone = nil
	}
	if sr.archive == nil {
		sr.closeFile()
	}
}

// closeFile ends the current file or archive.
func (sr *shardReader) closeFile() {
	if sr.reader != nil {
		_ = sr.reader.Close()
		sr.reader = nil
	}
	if sr.memberDone != nil {
		sr.memberDone()
		sr.memberDone = nil
	}
	for i := len(sr.closers) - 1; i >= 0; i-- {
		sr.closers[i]()
	}
	if sr.current != nil {
		sr.finished += sr.current.size
		sr.current = nil
	}
	sr.closers, sr.archive = nil, nil
}

// Close gives everything back.
func (sr *shardReader) Close() { sr.closeFile() }

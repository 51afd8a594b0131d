package hub

import (
	"context"
	"crypto/sha1" //nolint:gosec // git names its blobs so; it guards against accidents, not against attackers
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
)

var errStalled = errors.New("no byte came for a while")

// fetch is the download of one file into part, a name inside root. A part that is there already is gone on with.
type fetch struct {
	c      *Client
	repo   Repo
	commit string
	file   *File
	root   *os.Root
	part   string
	move   func(n int64) // told of every change of what lies on disk
	say    func(string)
	have   int64
	wrong  int // times that the checksum did not hold
}

// partState stands beside a part and says of which state of the file it is the beginning.
type partState struct {
	ETag string `json:"etag"` // strong ETag of the host that sent it, with its quotes; "" when it sent none
}

// run fetches the file and compares its checksum; then part holds the whole file, synced.
func (f *fetch) run(ctx context.Context) error {
	if info, err := f.root.Stat(f.part); err == nil {
		f.advance(info.Size())
	}
	return f.c.retry(ctx, f.say, func() (bool, error) {
		before := f.have
		if f.file.Size < 0 || f.have != f.file.Size || f.have == 0 {
			if err := f.receive(ctx); err != nil {
				return f.have > before+1<<20, err // a megabyte is progress; a few bytes each time would go on for ever
			}
		}
		sum, err := mismatch(f.root, f.part, *f.file)
		if err != nil || sum == "" {
			return true, err
		}
		f.wrong++
		if err := f.drop(); err != nil {
			return false, err
		}
		err = fmt.Errorf("%s arrived damaged: %s; nothing of it was kept", f.file.Path, sum)
		if f.wrong > 1 {
			return false, fmt.Errorf("%w. It was fetched twice: the hub's file or something on the way to it is at fault", err)
		}
		return false, temporary{error: err}
	})
}

// receive makes one request and appends what comes to the part.
func (f *fetch) receive(ctx context.Context) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	header := http.Header{}
	if f.have > 0 {
		switch state := f.state(); {
		case state.ETag != "":
			header.Set("If-Range", state.ETag)
			header.Set("Range", fmt.Sprintf("bytes=%d-", f.have))
		case f.file.SHA256 != "" || f.file.SHA1 != "": // the checksum will tell
			header.Set("Range", fmt.Sprintf("bytes=%d-", f.have))
		}
	}
	a, err := f.c.send(ctx, http.MethodGet, f.c.resolve(f.repo, f.commit, f.file.Path), header)
	if err != nil {
		return err
	}
	defer func() { _ = a.Body.Close() }()
	switch a.StatusCode {
	case http.StatusOK: // the whole, also where the file changed since the part was written
		if err := f.drop(); err != nil {
			return err
		}
	case http.StatusPartialContent:
		if err := f.continues(a); err != nil {
			return errors.Join(err, f.drop())
		}
	case http.StatusRequestedRangeNotSatisfiable:
		return errors.Join(temporary{error: fmt.Errorf("%s: the hub's file is no longer than the part that is here; it is fetched again", f.file.Path)}, f.drop())
	default:
		return f.c.refusal(a, f.repo, f.file.Path)
	}
	a.identity(f.file)
	if a.ContentLength >= 0 {
		whole := f.have + a.ContentLength
		if f.file.Size >= 0 && whole != f.file.Size {
			return errors.Join(fmt.Errorf("%s: the hub promises %d bytes and sends %d", f.file.Path, f.file.Size, whole), f.drop())
		}
		f.file.Size = whole
	}
	if err := f.keepState(a); err != nil {
		return err
	}
	return f.append(ctx, cancel, a.Body)
}

// continues checks that a partial answer begins where the part ends.
func (f *fetch) continues(a *answer) error {
	var from, to, whole int64
	text := a.Header.Get("Content-Range")
	n, _ := fmt.Sscanf(text, "bytes %d-%d/%d", &from, &to, &whole)
	if n < 2 || from != f.have || to < from || n == 3 && (whole != to+1 || f.file.Size >= 0 && whole != f.file.Size) {
		return temporary{error: fmt.Errorf("%s: asked for bytes from %d on, the host sends %q", f.file.Path, f.have, printable(text))}
	}
	return nil
}

// append writes the body to the part until its end, and gives up on a host that falls silent.
func (f *fetch) append(ctx context.Context, cancel context.CancelCauseFunc, body io.Reader) error {
	out, err := f.root.OpenFile(f.part, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o644)
	if err != nil {
		return explain(err)
	}
	stalled := time.AfterFunc(f.c.Stall, func() { cancel(errStalled) })
	defer stalled.Stop()
	buf := make([]byte, 1<<18)
	var failed error
	for failed == nil {
		n, err := body.Read(buf)
		stalled.Reset(f.c.Stall)
		if limit := f.file.Size; limit >= 0 && f.have+int64(n) > limit {
			failed = fmt.Errorf("%s: the host sends more than the %d bytes that the hub promises", f.file.Path, limit)
			break
		}
		if n > 0 {
			if _, werr := out.Write(buf[:n]); werr != nil {
				failed = explain(werr)
				break
			}
			f.advance(int64(n))
		}
		if err == io.EOF {
			break
		}
		if err != nil {
			failed = broken(ctx, f.file.Path, err)
		}
	}
	if failed == nil && f.file.Size >= 0 && f.have < f.file.Size {
		failed = temporary{error: fmt.Errorf("%s was cut off after %d of %d bytes", f.file.Path, f.have, f.file.Size)}
	}
	if failed == nil {
		failed = explain(out.Sync())
	}
	return errors.Join(failed, explain(out.Close()))
}

func (f *fetch) advance(n int64) {
	f.have += n
	f.move(n)
}

// drop forgets the part.
func (f *fetch) drop() error {
	f.advance(-f.have)
	return errors.Join(removed(f.root, f.part), removed(f.root, f.part+".json"))
}

func (f *fetch) state() (s partState) {
	if data, err := f.root.ReadFile(f.part + ".json"); err == nil {
		_ = json.Unmarshal(data, &s) // a damaged note is as good as none
	}
	return s
}

// keepState notes the ETag before the first byte is written, so that no part goes on with another file's bytes.
func (f *fetch) keepState(a *answer) error {
	tag := a.Header.Get("Etag")
	if !strings.HasPrefix(tag, `"`) || len(tag) > 500 { // weak ones do not promise the same bytes
		tag = ""
	}
	data, err := json.Marshal(partState{tag})
	if err != nil {
		return err
	}
	return explain(f.root.WriteFile(f.part+".json", data, 0o644))
}

// mismatch compares a file on disk with the size and checksum that the hub gave; it says what is wrong, or nothing.
func mismatch(root *os.Root, name string, want File) (string, error) {
	in, err := root.Open(name)
	if err != nil {
		return "", err
	}
	defer func() { _ = in.Close() }()
	info, err := in.Stat()
	if err != nil {
		return "", err
	}
	if want.Size >= 0 && info.Size() != want.Size {
		return fmt.Sprintf("it has %d bytes, the hub says %d", info.Size(), want.Size), nil
	}
	var h hash.Hash
	expected := want.SHA256
	switch {
	case want.SHA256 != "":
		h = sha256.New()
	case want.SHA1 != "":
		h, expected = sha1.New(), want.SHA1 //nolint:gosec // see the import
		_, _ = io.WriteString(h, "blob "+strconv.FormatInt(info.Size(), 10)+"\x00")
	default:
		return "", nil
	}
	if _, err := io.Copy(h, in); err != nil {
		return "", err
	}
	if got := hex.EncodeToString(h.Sum(nil)); got != expected {
		return fmt.Sprintf("its checksum is %s, the hub says %s", got, expected), nil
	}
	return "", nil
}

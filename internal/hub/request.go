package hub

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode"
)

const (
	maxRedirects = 10
	longestPause = 5 * time.Minute // a hub that asks for more is left alone
	backoffStart = time.Second
	backoffMost  = 30 * time.Second
)

// answer is a response with what the hub itself said of the file before it sent us elsewhere.
type answer struct {
	*http.Response
	linked http.Header // X-Linked-Etag, X-Linked-Size, X-Repo-Commit
}

// send asks one address and follows redirects. The token goes to the hub's own scheme, host and port alone. A HEAD ends where the hub would send us to another
// host: that host knows nothing of the repository.
func (c *Client) send(ctx context.Context, method, address string, header http.Header) (*answer, error) {
	u, err := url.Parse(address)
	if err != nil {
		return nil, err
	}
	out := &answer{linked: http.Header{}}
	for range maxRedirects + 1 {
		req, err := http.NewRequestWithContext(ctx, method, u.String(), nil)
		if err != nil {
			return nil, err
		}
		for k, v := range header {
			req.Header[k] = v
		}
		req.Header.Set("User-Agent", userAgent())
		req.Header.Set("Accept-Encoding", "identity")
		own := c.own(u)
		if own && c.Token != "" {
			req.Header.Set("Authorization", "Bearer "+c.Token)
		}
		if out.Response, err = c.http.Do(req); err != nil {
			return nil, unreachable(ctx, u, err)
		}
		if own {
			for _, k := range []string{"X-Linked-Etag", "X-Linked-Size", "X-Repo-Commit"} {
				if v := out.Header.Get(k); v != "" {
					out.linked.Set(k, v)
				}
			}
		}
		if !redirects(out.StatusCode) {
			return out, nil
		}
		next, err := u.Parse(out.Header.Get("Location"))
		if err != nil || out.Header.Get("Location") == "" {
			_ = out.Body.Close()
			return nil, fmt.Errorf("%s redirects to %q, which is no address", u.Host, out.Header.Get("Location"))
		}
		if method == http.MethodHead && next.Host != u.Host {
			return out, nil
		}
		_ = out.Body.Close()
		if next.Scheme != "https" && (next.Scheme != "http" || u.Scheme == "https") {
			return nil, fmt.Errorf("%s redirects to %s://%s: leaving https is refused", u.Host, next.Scheme, next.Host)
		}
		u = next
	}
	return nil, fmt.Errorf("%s: redirected more than %d times; the hub sends requests in a circle", address, maxRedirects)
}

// own says whether an address is of the hub itself.
func (c *Client) own(u *url.URL) bool {
	e, err := url.Parse(c.Endpoint)
	return err == nil && strings.EqualFold(u.Scheme, e.Scheme) && strings.EqualFold(u.Host, e.Host)
}

func redirects(status int) bool {
	switch status {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther, http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		return true
	}
	return false
}

// temporary marks an error after which the request may be tried again.
type temporary struct {
	error
	after time.Duration // what the hub asked for; 0 when it did not
}

func (t temporary) Unwrap() error { return t.error }

// unreachable explains an error of the network. Names that do not exist and certificates that do not hold are no better a second later.
func unreachable(ctx context.Context, u *url.URL, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	var wrapped *url.Error
	if errors.As(err, &wrapped) {
		err = wrapped.Err // without the address, whose query may hold a signature
	}
	out := fmt.Errorf("%s cannot be reached: %w; is there a network, and do HTTPS_PROXY and HF_ENDPOINT fit it?", u.Host, err)
	var dns *net.DNSError
	var certificate *tls.CertificateVerificationError
	if errors.As(err, &dns) && dns.IsNotFound || errors.As(err, &certificate) {
		return out
	}
	return temporary{error: out}
}

// retry calls try until it succeeds, fails for good, or has failed c.Attempts times in a row without progress. say is told of each pause.
func (c *Client) retry(ctx context.Context, say func(string), try func() (progress bool, err error)) error {
	for failed := 0; ; {
		progress, err := try()
		var t temporary
		if err == nil || ctx.Err() != nil || !errors.As(err, &t) {
			return err
		}
		if progress {
			failed = 0
		}
		if failed++; failed >= c.Attempts {
			return fmt.Errorf("%w (tried %d times)", err, failed)
		}
		pause := max(min(backoffStart<<(failed-1), backoffMost), t.after)
		if pause > longestPause {
			return fmt.Errorf("%w; the hub asks to wait for %s: pull again then, what has arrived is kept", err, pause.Round(time.Second))
		}
		say(fmt.Sprintf("%v; trying again in %s", err, pause))
		if err := c.sleep(ctx, pause); err != nil {
			return err
		}
	}
}

// refusal explains a status that is no success. what is the repository or file that was asked for.
func (c *Client) refusal(a *answer, repo Repo, what string) error {
	host := a.Request.URL.Host
	said := printable(a.Header.Get("X-Error-Message"))
	if said != "" {
		said = " (" + said + ")"
	}
	code := a.Header.Get("X-Error-Code")
	page := c.page(repo)
	switch status := a.StatusCode; {
	case (status == 401 || status == 403) && code == "GatedRepo":
		return fmt.Errorf("%s is gated%s: accept its conditions at %s with your account, then set HF_TOKEN to a token of that account", repo.Name, said, page)
	case status == 401 && c.Token == "":
		return fmt.Errorf("%s: %s answers 401%s: the repository does not exist, or is private or gated; check the name, or set HF_TOKEN to a token that may read it", what, host, said)
	case status == 401:
		return fmt.Errorf("%s: %s answers 401%s: the token in HF_TOKEN is not accepted, or the repository does not exist", what, host, said)
	case status == 403 && c.own(a.Request.URL):
		return fmt.Errorf("%s: %s answers 403%s: the account behind HF_TOKEN may not read it; gated repositories want their conditions accepted at %s first", what, host, said, page)
	case status == 403: // a signed address has run out
		return temporary{error: fmt.Errorf("%s: %s answers 403: the address that the hub gave is no longer valid", what, host)}
	case status == 404 && code == "RevisionNotFound":
		return fmt.Errorf("%s has no revision %q%s: see the branches and tags at %s", repo.Name, repo.Revision, said, page)
	case status == 404 && code == "EntryNotFound":
		return fmt.Errorf("%s is not in %s%s", what, repo, said)
	case status == 404:
		return fmt.Errorf("%s: %s answers 404%s: there is no such repository, revision or file; check the name at %s", what, host, said, page)
	case status == 408 || status == 429 || status == 500 || status == 502 || status == 503 || status == 504:
		why := map[bool]string{true: "too many requests", false: "it has trouble"}[status == 429]
		return temporary{fmt.Errorf("%s: %s answers %d, %s%s", what, host, status, why, said), retryAfter(a.Header.Get("Retry-After"), time.Now())}
	}
	return fmt.Errorf("%s: %s answers %s%s", what, host, printable(a.Status), said)
}

// page is where a person looks at the repository.
func (c *Client) page(r Repo) string {
	if r.Kind == Dataset {
		return c.Endpoint + "/datasets/" + r.Name
	}
	return c.Endpoint + "/" + r.Name
}

// retryAfter reads the header of that name: seconds, or a date (RFC 9110, section 10.2.3).
func retryAfter(v string, now time.Time) time.Duration {
	if n, err := strconv.ParseInt(strings.TrimSpace(v), 10, 64); err == nil && n > 0 {
		return time.Duration(min(n, 1<<31)) * time.Second
	}
	if t, err := http.ParseTime(v); err == nil && t.After(now) {
		return t.Sub(now)
	}
	return 0
}

// printable shortens what a server says to something that may stand in a message.
func printable(s string) string {
	r := []rune(strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return -1
	}, s))
	return string(r[:min(len(r), 200)])
}

// readAll reads a body of at most limit bytes.
func readAll(body io.Reader, limit int64) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(body, limit+1))
	if err == nil && int64(len(data)) > limit {
		err = fmt.Errorf("the answer is longer than %d bytes", limit)
	}
	return data, err
}

//! Cuts a stream of JSON into the values that are records: one per line, one after another over several lines, in one big list, in the list of a
//! known wrapper (`{"nftables": […]}`), or behind `data:` as server-sent events.

use crate::reader::{Fault, MAX_PIECE, Reader, Tally};
use crate::record::Record;

/// A format whose pieces are JSON objects.
pub(crate) trait ElementFormat {
    /// Keys of an outermost object whose list holds the records.
    const WRAPPERS: &'static [&'static str];

    /// Reads one object.
    fn element(&mut self, json: &[u8], tally: &mut Tally, out: &mut dyn FnMut(Record));

    /// No more come.
    fn finish(&mut self, _tally: &mut Tally, _out: &mut dyn FnMut(Record)) {}
}

/// Deepest nesting that is read.
const MAX_DEPTH: usize = 100;

/// A reader of JSON objects.
#[derive(Debug)]
pub(crate) struct ElementReader<F> {
    format: F,
    tally: Tally,
    /// What encloses the next byte, from the outermost: `{` or `[`.
    nesting: Vec<u8>,
    /// How many of these enclose a record; the record begins at the next `{`.
    outside: usize,
    /// The object that is read.
    pending: Vec<u8>,
    too_long: bool,
    text: Text,
    /// The last byte outside of texts that was not a space.
    last: u8,
    /// The last text of the outermost object, in which a wrapper's key is looked for.
    key: Vec<u8>,
    /// Something that is not JSON, up to the end of its line.
    junk: Vec<u8>,
    /// After a broken object: wait for a new line.
    broken: bool,
    at_line_start: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Text {
    Outside,
    Inside,
    Escape,
}

impl<F: ElementFormat> ElementReader<F> {
    pub(crate) fn new(format: F) -> Self {
        Self {
            format,
            tally: Tally::default(),
            nesting: Vec::new(),
            outside: 0,
            pending: Vec::new(),
            too_long: false,
            text: Text::Outside,
            last: 0,
            key: Vec::new(),
            junk: Vec::new(),
            broken: false,
            at_line_start: true,
        }
    }

    fn byte(&mut self, byte: u8, out: &mut dyn FnMut(Record)) {
        let line_start = std::mem::replace(&mut self.at_line_start, byte == b'\n');
        if self.broken {
            self.broken = byte != b'\n';
            return;
        }
        // A new line inside of a text, or a new object where none can be: the line before was cut off.
        let cut_off = match self.text {
            Text::Outside => {
                line_start
                    && byte == b'{'
                    && self.nesting.last() == Some(&b'{')
                    && self.nesting.len() > self.outside
                    && self.last != b':'
            }
            Text::Inside | Text::Escape => byte == b'\n',
        };
        if cut_off {
            self.give_up(Fault::Truncated);
            if byte == b'\n' {
                return;
            }
        }
        if self.nesting.len() <= self.outside
            && self.text == Text::Outside
            && !matches!(byte, b'{' | b'[' | b']' | b'}' | b'"' | b':')
        {
            self.between(byte);
            return;
        }
        self.keep(byte);
        match self.text {
            Text::Escape => self.text = Text::Inside,
            Text::Inside => match byte {
                b'\\' => self.text = Text::Escape,
                b'"' => {
                    self.text = Text::Outside;
                    self.last = b'"';
                }
                _ if self.nesting.len() == 1 && self.key.len() < 64 => self.key.push(byte),
                _ => {}
            },
            Text::Outside => self.structure(byte, out),
        }
    }

    fn structure(&mut self, byte: u8, out: &mut dyn FnMut(Record)) {
        match byte {
            b'"' => {
                self.text = Text::Inside;
                if self.nesting.len() == 1 {
                    self.key.clear();
                }
                if self.nesting.is_empty() {
                    // A bare text is no record; what is before it on its line is none, either.
                    self.text = Text::Outside;
                    self.junk.push(byte);
                }
            }
            b'{' | b'[' => {
                let wraps = byte == b'['
                    && match self.nesting[..] {
                        [] => true,
                        [b'{'] => self.last == b':' && F::WRAPPERS.iter().any(|wrapper| wrapper.as_bytes() == self.key),
                        _ => false,
                    };
                if self.nesting.len() == self.outside && byte == b'{' {
                    self.begin();
                }
                self.nesting.push(byte);
                if wraps && self.outside < self.nesting.len() {
                    self.outside = self.nesting.len();
                    self.pending.clear();
                    self.too_long = false;
                } else if self.nesting.len() > MAX_DEPTH {
                    self.give_up(Fault::Shape);
                    self.broken = true;
                    return;
                }
            }
            b'}' | b']' => {
                let fits = matches!((self.nesting.pop(), byte), (Some(b'{'), b'}') | (Some(b'['), b']'));
                if !fits {
                    self.give_up(Fault::Shape);
                    self.broken = true;
                    return;
                }
                if self.nesting.len() < self.outside {
                    // The list of records ends; what is left of its wrapper is read as one object and thrown away.
                    self.outside = 0;
                    self.pending.clear();
                    self.too_long = !self.nesting.is_empty();
                } else if self.nesting.len() == self.outside && byte == b'}' {
                    self.end(out);
                }
            }
            b':' if self.nesting.is_empty() => self.junk.push(byte),
            _ => {}
        }
        if !byte.is_ascii_whitespace() {
            self.last = byte;
        }
    }

    /// A byte outside of all records.
    fn between(&mut self, byte: u8) {
        match byte {
            b'\n' => self.end_of_junk(),
            // Record separators of JSON text sequences.
            b' ' | b'\t' | b'\r' | b',' | 0x1e if self.junk.is_empty() => {}
            _ if self.junk.len() < 200 => self.junk.push(byte),
            _ => {}
        }
    }

    fn end_of_junk(&mut self) {
        if self.junk.is_empty() {
            return;
        }
        let junk = std::mem::take(&mut self.junk);
        self.tally.pieces += 1;
        // Server-sent events: comments, names and numbers of events.
        if junk.starts_with(b":")
            || junk.starts_with(b"event:")
            || junk.starts_with(b"id:")
            || junk.starts_with(b"retry:")
        {
            self.tally.aside += 1;
        } else {
            self.tally.fault(Fault::Shape, &junk);
        }
    }

    fn begin(&mut self) {
        // Server-sent events, and what a container runtime puts before each line of a log.
        let junk = self.junk.trim_ascii();
        if junk == b"data:" || junk.ends_with(b" stdout F") || junk.ends_with(b" stderr F") {
            self.junk.clear();
        }
        self.end_of_junk();
        self.pending.clear();
        self.pending.push(b'{');
        self.too_long = false;
    }

    fn end(&mut self, out: &mut dyn FnMut(Record)) {
        if self.too_long {
            self.too_long = false;
            self.pending.clear();
            return;
        }
        self.tally.pieces += 1;
        let mut records = 0;
        self.format.element(&self.pending, &mut self.tally, &mut |record| {
            records += 1;
            out(record);
        });
        self.tally.records += records;
        self.pending.clear();
    }

    fn keep(&mut self, byte: u8) {
        if self.too_long || self.nesting.len() <= self.outside {
            return;
        }
        if self.pending.len() < MAX_PIECE {
            self.pending.push(byte);
        } else {
            self.tally.pieces += 1;
            self.tally.fault(Fault::TooLong, &self.pending);
            self.pending = Vec::new();
            self.too_long = true;
        }
    }

    /// The object is broken.
    fn give_up(&mut self, fault: Fault) {
        self.tally.pieces += 1;
        let pending = std::mem::take(&mut self.pending);
        self.tally.fault(fault, &pending);
        self.nesting.clear();
        self.outside = 0;
        self.text = Text::Outside;
        self.too_long = false;
        self.last = 0;
        self.key.clear();
        self.junk.clear();
    }
}

impl<F: ElementFormat> Reader for ElementReader<F> {
    fn feed(&mut self, bytes: &[u8], out: &mut dyn FnMut(Record)) {
        for byte in bytes {
            self.byte(*byte, out);
        }
    }

    fn finish(&mut self, out: &mut dyn FnMut(Record)) {
        if !self.nesting.is_empty() {
            self.give_up(Fault::Truncated);
        }
        self.end_of_junk();
        let mut records = 0;
        self.format.finish(&mut self.tally, &mut |record| {
            records += 1;
            out(record);
        });
        self.tally.records += records;
        self.broken = false;
        self.at_line_start = true;
    }

    fn tally(&self) -> &Tally {
        &self.tally
    }
}

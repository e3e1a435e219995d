//! Strings by number: once for a whole push, so that a row's labels are looked up once, and again for each message, which
//! holds only those its series refer to.

use std::collections::HashMap;
use std::sync::Arc;

/// The strings of one push.
#[derive(Debug, Default)]
pub(super) struct Symbols {
    numbers: HashMap<Arc<str>, u32>,
    texts: Vec<Arc<str>>,
}

impl Symbols {
    /// The number of a string.
    pub(super) fn number(&mut self, text: &str) -> u32 {
        if let Some(number) = self.numbers.get(text) {
            return *number;
        }
        let number = self.texts.len() as u32;
        let text: Arc<str> = text.into();
        self.texts.push(text.clone());
        self.numbers.insert(text, number);
        number
    }

    /// The string of a number it gave.
    pub(super) fn text(&self, number: u32) -> &str {
        &self.texts[number as usize]
    }
}

/// The strings of one message, the empty one first.
#[derive(Debug)]
pub(super) struct MessageSymbols {
    /// By number of the push; 0 is not here yet.
    references: Vec<u32>,
    numbers: Vec<u32>,
    texts: Vec<String>,
}

impl MessageSymbols {
    /// None but the empty one.
    pub(super) fn new() -> MessageSymbols {
        MessageSymbols { references: Vec::new(), numbers: Vec::new(), texts: vec![String::new()] }
    }

    /// The reference of a string of the push.
    pub(super) fn reference(&mut self, symbols: &Symbols, number: u32) -> u32 {
        let place = number as usize;
        if self.references.len() <= place {
            self.references.resize(symbols.texts.len(), 0);
        }
        if self.references[place] == 0 && !symbols.text(number).is_empty() {
            self.references[place] = self.texts.len() as u32;
            self.texts.push(symbols.text(number).to_owned());
            self.numbers.push(number);
        }
        self.references[place]
    }

    /// Takes the strings out; the next message begins with none.
    pub(super) fn take(&mut self) -> Vec<String> {
        for number in self.numbers.drain(..) {
            self.references[number as usize] = 0;
        }
        std::mem::replace(&mut self.texts, vec![String::new()])
    }
}

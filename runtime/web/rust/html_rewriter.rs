//! The `lol_html` crate behind a C interface made for html_rewriter.cc.
//!
//! A rewriter is fed with bytes and calls back for output and for each piece of content that somebody
//! wants to see (a token). A callback may take as long as it likes, on whatever stack it was called on:
//! while it runs the token can be read and changed through the `cw_token_…` functions, afterwards not.
//!
//! Strings are UTF-8, given as pointer and length; strings that are returned go through a callback
//! which copies them. Nothing here is thread-safe. Source: lol_html's own documentation.

use encoding_rs::Encoding;
use lol_html::html_content::{
    Comment, ContentType, Doctype, DocumentEnd, Element, EndTag, StreamingHandlerSink, TextChunk,
};
use lol_html::{
    AsciiCompatibleEncoding, DocumentContentHandlers, ElementContentHandlers, HandlerResult,
    HtmlRewriter, MemorySettings, OutputSink, Selector, Settings,
};
use std::borrow::Cow;
use std::ffi::c_void;

/// What a rewriter may hold back, in bytes: a tag, comment or doctype that goes on over pieces of the
/// input, and the open elements. Far more than a real page needs; a hostile one ends here.
const MAXIMUM_MEMORY: usize = 8 << 20;

#[repr(C)]
#[derive(Clone, Copy)]
pub struct CwString {
    data: *const u8,
    size: usize,
}

impl CwString {
    unsafe fn bytes<'a>(self) -> &'a [u8] {
        if self.size == 0 {
            return &[];
        }
        std::slice::from_raw_parts(self.data, self.size)
    }

    unsafe fn text<'a>(self) -> Cow<'a, str> {
        String::from_utf8_lossy(self.bytes())
    }
}

/// Copies a string that a function returns.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct CwSink {
    take: unsafe extern "C" fn(*mut c_void, *const u8, usize),
    target: *mut c_void,
}

impl CwSink {
    fn put(self, text: &str) {
        unsafe { (self.take)(self.target, text.as_ptr(), text.len()) }
    }
}

/// Kinds of tokens, and of the handlers that want them. Each is a bit.
const ELEMENT: u32 = 1;
const COMMENT: u32 = 2;
const TEXT: u32 = 4;
const DOCTYPE: u32 = 8;
const END: u32 = 16;
const END_TAG: u32 = 32;
const STREAM: u32 = 64;

#[repr(C)]
pub struct CwHandler {
    /// Empty: of the whole document.
    selector: CwString,
    /// What it wants: bits as above.
    kinds: u32,
    /// Given back with each token.
    number: u32,
}

/// How a rewriter calls its owner.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct CwCallbacks {
    owner: *mut c_void,
    /// A token of `kind` for the handler `number`; false ends the rewriting with an error.
    on_token: unsafe extern "C" fn(*mut c_void, u32, u32, *mut c_void) -> bool,
    on_output: unsafe extern "C" fn(*mut c_void, *const u8, usize),
}

// The rewriter is used by one thread at a time; streaming handlers ask for this.
unsafe impl Send for CwCallbacks {}

impl CwCallbacks {
    fn call(self, kind: u32, number: u32, token: Token) -> HandlerResult {
        let mut token = token;
        let pointer: *mut Token = &mut token;
        if unsafe { (self.on_token)(self.owner, kind, number, pointer.cast()) } {
            Ok(())
        } else {
            Err("the rewriting was stopped".into())
        }
    }
}

/// Content as a callback sees it. The pointers are valid while the callback runs.
enum Token {
    Element(*mut Element<'static, 'static>, CwCallbacks),
    Comment(*mut Comment<'static>, CwCallbacks),
    Text(*mut TextChunk<'static>, CwCallbacks),
    Doctype(*mut Doctype<'static>),
    End(*mut DocumentEnd<'static>),
    EndTag(*mut EndTag<'static>, CwCallbacks),
    Stream(*mut StreamingHandlerSink<'static>),
}

/// Forgets a reference's lifetimes; the callback's end restores the order.
macro_rules! erased {
    ($value:expr, $type:ty) => {{
        let pointer: *mut _ = $value;
        pointer.cast::<$type>()
    }};
}

struct Output(CwCallbacks);

impl OutputSink for Output {
    fn handle_chunk(&mut self, chunk: &[u8]) {
        unsafe { (self.0.on_output)(self.0.owner, chunk.as_ptr(), chunk.len()) }
    }
}

pub struct CwRewriter {
    rewriter: Option<HtmlRewriter<'static, Output>>,
}

fn element_handlers(kinds: u32, number: u32, callbacks: CwCallbacks) -> ElementContentHandlers<'static> {
    let mut handlers = ElementContentHandlers::default();
    if kinds & ELEMENT != 0 {
        handlers = handlers.element(move |token: &mut Element<'_, '_>| {
            callbacks.call(ELEMENT, number, Token::Element(erased!(token, Element), callbacks))
        });
    }
    if kinds & COMMENT != 0 {
        handlers = handlers.comments(move |token: &mut Comment<'_>| {
            callbacks.call(COMMENT, number, Token::Comment(erased!(token, Comment), callbacks))
        });
    }
    if kinds & TEXT != 0 {
        handlers = handlers.text(move |token: &mut TextChunk<'_>| {
            callbacks.call(TEXT, number, Token::Text(erased!(token, TextChunk), callbacks))
        });
    }
    handlers
}

fn document_handlers(kinds: u32, number: u32, callbacks: CwCallbacks) -> DocumentContentHandlers<'static> {
    let mut handlers = DocumentContentHandlers::default();
    if kinds & DOCTYPE != 0 {
        handlers = handlers.doctype(move |token: &mut Doctype<'_>| {
            callbacks.call(DOCTYPE, number, Token::Doctype(erased!(token, Doctype)))
        });
    }
    if kinds & COMMENT != 0 {
        handlers = handlers.comments(move |token: &mut Comment<'_>| {
            callbacks.call(COMMENT, number, Token::Comment(erased!(token, Comment), callbacks))
        });
    }
    if kinds & TEXT != 0 {
        handlers = handlers.text(move |token: &mut TextChunk<'_>| {
            callbacks.call(TEXT, number, Token::Text(erased!(token, TextChunk), callbacks))
        });
    }
    if kinds & END != 0 {
        handlers = handlers.end(move |token: &mut DocumentEnd<'_>| {
            callbacks.call(END, number, Token::End(erased!(token, DocumentEnd)))
        });
    }
    handlers
}

/// Whether a CSS selector can be used; `error` gets the reason when not.
///
/// # Safety
/// The pointers are valid during the call.
#[no_mangle]
pub unsafe extern "C" fn cw_selector_check(selector: CwString, error: CwSink) -> bool {
    match selector.text().parse::<Selector>() {
        Ok(_) => true,
        Err(reason) => {
            error.put(&reason.to_string());
            false
        }
    }
}

/// A new rewriter, or null: the encoding is unknown or not compatible with ASCII, or a selector is bad.
///
/// # Safety
/// `handlers` points to `count` of them; what `callbacks` names outlives the rewriter.
#[no_mangle]
pub unsafe extern "C" fn cw_rewriter_new(
    encoding: CwString,
    handlers: *const CwHandler,
    count: usize,
    callbacks: CwCallbacks,
) -> *mut CwRewriter {
    let encoding = Encoding::for_label_no_replacement(encoding.bytes())
        .and_then(AsciiCompatibleEncoding::new);
    let Some(encoding) = encoding else {
        return std::ptr::null_mut();
    };
    let memory = MemorySettings::new().with_max_allowed_memory_usage(MAXIMUM_MEMORY);
    let mut settings = Settings::new().with_encoding(encoding).with_memory_settings(memory);
    for index in 0..count {
        let handler = &*handlers.add(index);
        if handler.selector.size == 0 {
            settings = settings.append_document_content_handler(document_handlers(
                handler.kinds,
                handler.number,
                callbacks,
            ));
            continue;
        }
        let Ok(selector) = handler.selector.text().parse::<Selector>() else {
            return std::ptr::null_mut();
        };
        settings = settings.append_element_content_handler((
            Cow::Owned(selector),
            element_handlers(handler.kinds, handler.number, callbacks),
        ));
    }
    let rewriter = Some(HtmlRewriter::new(settings, Output(callbacks)));
    Box::into_raw(Box::new(CwRewriter { rewriter }))
}

/// Takes a piece of the document. False: it failed, `error` got the reason, and nothing but
/// cw_rewriter_free may follow.
///
/// # Safety
/// `rewriter` is valid, and no call with it is under way.
#[no_mangle]
pub unsafe extern "C" fn cw_rewriter_write(rewriter: *mut CwRewriter, data: CwString, error: CwSink) -> bool {
    let Some(inner) = (*rewriter).rewriter.as_mut() else {
        return false;
    };
    match inner.write(data.bytes()) {
        Ok(()) => true,
        Err(reason) => {
            error.put(&reason.to_string());
            (*rewriter).rewriter = None;
            false
        }
    }
}

/// Ends the document; the same.
///
/// # Safety
/// As cw_rewriter_write.
#[no_mangle]
pub unsafe extern "C" fn cw_rewriter_end(rewriter: *mut CwRewriter, error: CwSink) -> bool {
    let Some(inner) = (*rewriter).rewriter.take() else {
        return false;
    };
    match inner.end() {
        Ok(()) => true,
        Err(reason) => {
            error.put(&reason.to_string());
            false
        }
    }
}

/// # Safety
/// `rewriter` is valid, no call with it is under way, and it is not used afterwards.
#[no_mangle]
pub unsafe extern "C" fn cw_rewriter_free(rewriter: *mut CwRewriter) {
    drop(Box::from_raw(rewriter));
}

/// Where content is put.
const BEFORE: u32 = 0;
const AFTER: u32 = 1;
const PREPEND: u32 = 2;
const APPEND: u32 = 3;
const REPLACE: u32 = 4;
const INNER: u32 = 5;

fn content_type(html: bool) -> ContentType {
    if html {
        ContentType::Html
    } else {
        ContentType::Text
    }
}

/// Puts content somewhere; false when this kind of token has no such place.
///
/// # Safety
/// `token` is that of the callback under way.
#[no_mangle]
pub unsafe extern "C" fn cw_token_insert(token: *mut c_void, place: u32, content: CwString, html: bool) -> bool {
    let content = content.text();
    let kind = content_type(html);
    match (&*token.cast::<Token>(), place) {
        (Token::Element(token, _), BEFORE) => (**token).before(&content, kind),
        (Token::Element(token, _), AFTER) => (**token).after(&content, kind),
        (Token::Element(token, _), PREPEND) => (**token).prepend(&content, kind),
        (Token::Element(token, _), APPEND) => (**token).append(&content, kind),
        (Token::Element(token, _), REPLACE) => (**token).replace(&content, kind),
        (Token::Element(token, _), INNER) => (**token).set_inner_content(&content, kind),
        (Token::Comment(token, _), BEFORE) => (**token).before(&content, kind),
        (Token::Comment(token, _), AFTER) => (**token).after(&content, kind),
        (Token::Comment(token, _), REPLACE) => (**token).replace(&content, kind),
        (Token::Text(token, _), BEFORE) => (**token).before(&content, kind),
        (Token::Text(token, _), AFTER) => (**token).after(&content, kind),
        (Token::Text(token, _), REPLACE) => (**token).replace(&content, kind),
        (Token::EndTag(token, _), BEFORE) => (**token).before(&content, kind),
        (Token::EndTag(token, _), AFTER) => (**token).after(&content, kind),
        (Token::EndTag(token, _), REPLACE) => (**token).replace(&content, kind),
        (Token::End(token), APPEND) => (**token).append(&content, kind),
        (Token::Stream(sink), APPEND) => (**sink).write_str(&content, kind),
        _ => return false,
    }
    true
}

/// Puts content somewhere that is written when its place is reached: a token of kind STREAM for the
/// handler `number` comes then, to which it is appended. False as cw_token_insert.
///
/// # Safety
/// As cw_token_insert.
#[no_mangle]
pub unsafe extern "C" fn cw_token_stream(token: *mut c_void, place: u32, number: u32) -> bool {
    let writer = |callbacks: CwCallbacks| {
        Box::new(move |sink: &mut StreamingHandlerSink<'_>| {
            callbacks.call(STREAM, number, Token::Stream(erased!(sink, StreamingHandlerSink)))
        })
    };
    match (&*token.cast::<Token>(), place) {
        (Token::Element(token, callbacks), BEFORE) => (**token).streaming_before(writer(*callbacks)),
        (Token::Element(token, callbacks), AFTER) => (**token).streaming_after(writer(*callbacks)),
        (Token::Element(token, callbacks), PREPEND) => (**token).streaming_prepend(writer(*callbacks)),
        (Token::Element(token, callbacks), APPEND) => (**token).streaming_append(writer(*callbacks)),
        (Token::Element(token, callbacks), REPLACE) => (**token).streaming_replace(writer(*callbacks)),
        (Token::Element(token, callbacks), INNER) => {
            (**token).streaming_set_inner_content(writer(*callbacks));
        }
        (Token::Comment(token, callbacks), BEFORE) => (**token).streaming_before(writer(*callbacks)),
        (Token::Comment(token, callbacks), AFTER) => (**token).streaming_after(writer(*callbacks)),
        (Token::Comment(token, callbacks), REPLACE) => (**token).streaming_replace(writer(*callbacks)),
        (Token::Text(token, callbacks), BEFORE) => (**token).streaming_before(writer(*callbacks)),
        (Token::Text(token, callbacks), AFTER) => (**token).streaming_after(writer(*callbacks)),
        (Token::Text(token, callbacks), REPLACE) => (**token).streaming_replace(writer(*callbacks)),
        (Token::EndTag(token, callbacks), BEFORE) => (**token).streaming_before(writer(*callbacks)),
        (Token::EndTag(token, callbacks), AFTER) => (**token).streaming_after(writer(*callbacks)),
        (Token::EndTag(token, callbacks), REPLACE) => (**token).streaming_replace(writer(*callbacks)),
        _ => return false,
    }
    true
}

/// Removes the token; of an element, with its content unless `keep_content`.
///
/// # Safety
/// As cw_token_insert.
#[no_mangle]
pub unsafe extern "C" fn cw_token_remove(token: *mut c_void, keep_content: bool) {
    match &*token.cast::<Token>() {
        Token::Element(token, _) if keep_content => (**token).remove_and_keep_content(),
        Token::Element(token, _) => (**token).remove(),
        Token::Comment(token, _) => (**token).remove(),
        Token::Text(token, _) => (**token).remove(),
        Token::Doctype(token) => (**token).remove(),
        Token::EndTag(token, _) => (**token).remove(),
        Token::End(_) | Token::Stream(_) => {}
    }
}

/// # Safety
/// As cw_token_insert.
#[no_mangle]
pub unsafe extern "C" fn cw_token_removed(token: *mut c_void) -> bool {
    match &*token.cast::<Token>() {
        Token::Element(token, _) => (**token).removed(),
        Token::Comment(token, _) => (**token).removed(),
        Token::Text(token, _) => (**token).removed(),
        Token::Doctype(token) => (**token).removed(),
        Token::EndTag(token, _) => (**token).removed(),
        Token::End(_) | Token::Stream(_) => false,
    }
}

/// Whether a text chunk is the last of its text node.
///
/// # Safety
/// As cw_token_insert.
#[no_mangle]
pub unsafe extern "C" fn cw_token_last_in_text_node(token: *mut c_void) -> bool {
    matches!(&*token.cast::<Token>(), Token::Text(token, _) if (**token).last_in_text_node())
}

/// What can be read of a token.
const NAME: u32 = 0;
const NAMESPACE: u32 = 1;
const CONTENT: u32 = 2;
const PUBLIC_ID: u32 = 3;
const SYSTEM_ID: u32 = 4;
const ATTRIBUTE: u32 = 5;

/// Reads a property (of an attribute, the one called `name`); false when there is none.
///
/// # Safety
/// As cw_token_insert.
#[no_mangle]
pub unsafe extern "C" fn cw_token_get(token: *mut c_void, property: u32, name: CwString, value: CwSink) -> bool {
    let found = match (&*token.cast::<Token>(), property) {
        (Token::Element(token, _), NAME) => Some((**token).tag_name()),
        (Token::Element(token, _), NAMESPACE) => Some((**token).namespace_uri().to_owned()),
        (Token::Element(token, _), ATTRIBUTE) => (**token).get_attribute(&name.text()),
        (Token::EndTag(token, _), NAME) => Some((**token).name()),
        (Token::Comment(token, _), CONTENT) => Some((**token).text()),
        (Token::Text(token, _), CONTENT) => Some((**token).as_str().to_owned()),
        (Token::Doctype(token), NAME) => (**token).name(),
        (Token::Doctype(token), PUBLIC_ID) => (**token).public_id(),
        (Token::Doctype(token), SYSTEM_ID) => (**token).system_id(),
        _ => None,
    };
    if let Some(text) = &found {
        value.put(text);
    }
    found.is_some()
}

/// Changes a property; false when that is not possible, for the reason in `error`.
///
/// # Safety
/// As cw_token_insert.
#[no_mangle]
pub unsafe extern "C" fn cw_token_set(
    token: *mut c_void,
    property: u32,
    name: CwString,
    value: CwString,
    error: CwSink,
) -> bool {
    let value = value.text();
    let result = match (&*token.cast::<Token>(), property) {
        (Token::Element(token, _), NAME) => {
            (**token).set_tag_name(&value).map_err(|reason| reason.to_string())
        }
        (Token::Element(token, _), ATTRIBUTE) => {
            (**token).set_attribute(&name.text(), &value).map_err(|reason| reason.to_string())
        }
        (Token::EndTag(token, _), NAME) => {
            (**token).set_name_str(value.into_owned());
            Ok(())
        }
        (Token::Comment(token, _), CONTENT) => {
            (**token).set_text(&value).map_err(|reason| reason.to_string())
        }
        _ => Err("This property cannot be changed.".to_owned()),
    };
    result.map_err(|reason| error.put(&reason)).is_ok()
}

/// Removes an attribute of an element.
///
/// # Safety
/// As cw_token_insert.
#[no_mangle]
pub unsafe extern "C" fn cw_token_remove_attribute(token: *mut c_void, name: CwString) {
    if let Token::Element(token, _) = &*token.cast::<Token>() {
        (**token).remove_attribute(&name.text());
    }
}

/// Gives name, value, name, value, … of an element's attributes.
///
/// # Safety
/// As cw_token_insert.
#[no_mangle]
pub unsafe extern "C" fn cw_token_attributes(token: *mut c_void, values: CwSink) {
    if let Token::Element(token, _) = &*token.cast::<Token>() {
        for attribute in (**token).attributes() {
            values.put(&attribute.name());
            values.put(&attribute.value());
        }
    }
}

/// Asks for an element's end tag, which comes as a token of kind END_TAG for the handler `number`; false
/// when it has none.
///
/// # Safety
/// As cw_token_insert.
#[no_mangle]
pub unsafe extern "C" fn cw_token_on_end_tag(token: *mut c_void, number: u32) -> bool {
    let Token::Element(token, callbacks) = &*token.cast::<Token>() else {
        return false;
    };
    let callbacks = *callbacks;
    (**token)
        .on_end_tag(Box::new(move |tag: &mut EndTag<'_>| {
            callbacks.call(END_TAG, number, Token::EndTag(erased!(tag, EndTag), callbacks))
        }))
        .is_ok()
}

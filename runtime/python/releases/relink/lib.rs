//! A main module of Emscripten's dynamic linking imports the address of every symbol that it refers
//! to, and a loader finds them all at each start. When the addresses are known, the module can have
//! them: that is what is done here. The code itself stays as it is, byte for byte.

use std::collections::{HashMap, HashSet};
use std::error::Error;
use std::ops::Range;

use wasm_encoder::reencode::{Reencode, RoundtripReencoder};
use wasm_encoder::{
    ConstExpr, ElementSection, Elements, ExportSection, GlobalSection, ImportSection, Module,
    RawSection, TableSection,
};
use wasmparser::{Parser, Payload, TypeRef};

/// How a module is to be linked.
#[derive(Debug, Default)]
pub struct Plan {
    /// Values of imported globals: places in the table, addresses in memory. They are constants then.
    pub globals: HashMap<String, i32>,
    /// The exports that stay.
    pub exports: HashSet<String>,
    /// More entries of the first table: the first one's place, and the functions' indices.
    pub elements: Vec<(u32, Vec<u32>)>,
    /// Entries that the first table has at least.
    pub table_minimum: u64,
}

impl Plan {
    /// Reads a plan's text, a line for each item:
    /// `global NAME VALUE`, `export NAME`, `element PLACE FUNCTION…`, `table MINIMUM`.
    pub fn parse(text: &str) -> Result<Plan, Box<dyn Error>> {
        let mut plan = Plan::default();
        for (number, line) in text.lines().enumerate() {
            let words: Vec<&str> = line.split(' ').collect();
            match words[..] {
                ["global", name, value] => {
                    plan.globals.insert(name.into(), value.parse()?);
                }
                ["export", name] => {
                    plan.exports.insert(name.into());
                }
                ["element", place, ref functions @ ..] => {
                    let functions = functions.iter().map(|index| index.parse());
                    plan.elements.push((place.parse()?, functions.collect::<Result<_, _>>()?));
                }
                ["table", minimum] => plan.table_minimum = minimum.parse()?,
                _ => return Err(format!("line {}: not an item of a plan: {line}", number + 1).into()),
            }
        }
        Ok(plan)
    }
}

fn bytes(module: &[u8], range: Range<u64>) -> Result<&[u8], Box<dyn Error>> {
    let range = usize::try_from(range.start)?..usize::try_from(range.end)?;
    module.get(range).ok_or_else(|| "the module ends within a section".into())
}

/// The module as `plan` has it. Fails for one that is malformed, that imports a global which the plan
/// has no value for, or that lacks one of the sections that a main module has.
pub fn relink(module: &[u8], plan: &Plan) -> Result<Vec<u8>, Box<dyn Error>> {
    let same = &mut RoundtripReencoder;
    let mut out = Module::new();
    // They keep their indices: imported globals come first, so these come before the module's own.
    let mut linked = GlobalSection::new();
    let (mut has_globals, mut has_elements) = (false, false);
    for payload in Parser::new(0).parse_all(module) {
        match payload? {
            Payload::ImportSection(section) => {
                let mut imports = ImportSection::new();
                for import in section.into_imports() {
                    let import = import?;
                    if let TypeRef::Global(kind) = import.ty {
                        let value = plan
                            .globals
                            .get(import.name)
                            .ok_or_else(|| format!("no value for the global {}", import.name))?;
                        linked.global(same.global_type(kind)?, &ConstExpr::i32_const(*value));
                    } else {
                        imports.import(import.module, import.name, same.entity_type(import.ty)?);
                    }
                }
                out.section(&imports);
            }
            Payload::TableSection(section) => {
                let mut tables = TableSection::new();
                for (index, table) in section.into_iter().enumerate() {
                    let mut kind = same.table_type(table?.ty)?;
                    if index == 0 {
                        kind.minimum = kind.minimum.max(plan.table_minimum);
                    }
                    tables.table(kind);
                }
                out.section(&tables);
            }
            Payload::GlobalSection(section) => {
                same.parse_global_section(&mut linked, section)?;
                out.section(&linked);
                has_globals = true;
            }
            Payload::ExportSection(section) => {
                let mut exports = ExportSection::new();
                for export in section {
                    let export = export?;
                    if plan.exports.contains(export.name) {
                        exports.export(export.name, same.export_kind(export.kind)?, export.index);
                    }
                }
                out.section(&exports);
            }
            Payload::ElementSection(section) => {
                let mut elements = ElementSection::new();
                same.parse_element_section(&mut elements, section)?;
                for (place, functions) in &plan.elements {
                    elements.active(
                        None,
                        &ConstExpr::i32_const(i32::try_from(*place)?),
                        Elements::Functions(functions.into()),
                    );
                }
                out.section(&elements);
                has_elements = true;
            }
            other => {
                if let Some((id, range)) = other.as_section() {
                    out.section(&RawSection { id, data: bytes(module, range)? });
                }
            }
        }
    }
    if !has_globals || !has_elements {
        return Err("not a main module: it has no globals, or no elements, of its own".into());
    }
    Ok(out.finish())
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasm_encoder::{
        CodeSection, CustomSection, EntityType, ExportKind, Function, FunctionSection, GlobalType,
        RefType, TableType, TypeSection, ValType,
    };
    use wasmparser::Validator;

    const ADDRESS: GlobalType = GlobalType { val_type: ValType::I32, mutable: true, shared: false };

    /// Two functions that return a global each: an imported one, and one of the module's own.
    fn main_module() -> Vec<u8> {
        let mut types = TypeSection::new();
        types.ty().function([], [ValType::I32]);
        let mut imports = ImportSection::new();
        imports.import("env", "host", EntityType::Function(0));
        imports.import("GOT.func", "callback", EntityType::Global(ADDRESS));
        let mut functions = FunctionSection::new();
        functions.function(0).function(0);
        let mut tables = TableSection::new();
        tables.table(TableType {
            element_type: RefType::FUNCREF,
            minimum: 2,
            maximum: None,
            table64: false,
            shared: false,
        });
        let mut globals = GlobalSection::new();
        globals.global(ADDRESS, &ConstExpr::i32_const(7));
        let mut exports = ExportSection::new();
        exports.export("imported", ExportKind::Func, 1).export("own", ExportKind::Func, 2);
        let mut elements = ElementSection::new();
        elements.active(None, &ConstExpr::i32_const(1), Elements::Functions((&[1][..]).into()));
        let mut code = CodeSection::new();
        for global in 0..2 {
            let mut body = Function::new([]);
            body.instructions().global_get(global).end();
            code.function(&body);
        }
        let mut module = Module::new();
        module
            .section(&CustomSection { name: "dylink.0".into(), data: (&[1, 4][..]).into() })
            .section(&types)
            .section(&imports)
            .section(&functions)
            .section(&tables)
            .section(&globals)
            .section(&exports)
            .section(&elements)
            .section(&code);
        module.finish()
    }

    const CODE: u8 = 10;

    fn section_bytes(module: &[u8], wanted: u8) -> Option<&[u8]> {
        Parser::new(0)
            .parse_all(module)
            .filter_map(|payload| payload.ok()?.as_section())
            .find(|(id, _)| *id == wanted)
            .map(|(_, range)| bytes(module, range).unwrap())
    }

    const PLAN: &str = "global callback 5\nexport own\nelement 5 0 2\ntable 9";

    #[test]
    fn the_linked_module_is_valid_and_keeps_its_code() {
        let module = main_module();
        let linked = relink(&module, &Plan::parse(PLAN).unwrap()).unwrap();
        Validator::new().validate_all(&linked).unwrap();
        assert_eq!(section_bytes(&linked, CODE), section_bytes(&module, CODE));
        const CUSTOM: u8 = 0;
        assert_eq!(section_bytes(&linked, CUSTOM), section_bytes(&module, CUSTOM));
    }

    #[test]
    fn globals_keep_their_places_and_get_their_values() {
        let linked = relink(&main_module(), &Plan::parse(PLAN).unwrap()).unwrap();
        let mut values = Vec::new();
        for payload in Parser::new(0).parse_all(&linked) {
            match payload.unwrap() {
                Payload::ImportSection(section) => {
                    assert!(section
                        .into_imports()
                        .all(|import| !matches!(import.unwrap().ty, TypeRef::Global(_))));
                }
                Payload::GlobalSection(section) => {
                    for global in section {
                        let mut reader = global.unwrap().init_expr.get_operators_reader();
                        match reader.read().unwrap() {
                            wasmparser::Operator::I32Const { value } => values.push(value),
                            other => panic!("{other:?}"),
                        }
                    }
                }
                _ => {}
            }
        }
        assert_eq!(values, [5, 7]);
    }

    #[test]
    fn only_the_planned_exports_stay_and_the_table_has_room() {
        let linked = relink(&main_module(), &Plan::parse(PLAN).unwrap()).unwrap();
        for payload in Parser::new(0).parse_all(&linked) {
            match payload.unwrap() {
                Payload::ExportSection(section) => {
                    let names: Vec<_> = section.into_iter().map(|e| e.unwrap().name).collect();
                    assert_eq!(names, ["own"]);
                }
                Payload::TableSection(section) => {
                    let minima: Vec<_> =
                        section.into_iter().map(|t| t.unwrap().ty.initial).collect();
                    assert_eq!(minima, [9]);
                }
                Payload::ElementSection(section) => assert_eq!(section.count(), 2),
                _ => {}
            }
        }
    }

    #[test]
    fn what_cannot_be_linked_is_an_error() {
        let module = main_module();
        let error = relink(&module, &Plan::parse("export own").unwrap()).unwrap_err();
        assert_eq!(error.to_string(), "no value for the global callback");
        // Cut between its elements and its code it is a module still.
        let code = section_bytes(&module, CODE).unwrap().len() + 2;
        for length in (0..module.len()).filter(|length| *length != module.len() - code) {
            assert!(relink(&module[..length], &Plan::parse(PLAN).unwrap()).is_err(), "{length}");
        }
        let error = Plan::parse("export a\nglobal b").unwrap_err();
        assert_eq!(error.to_string(), "line 2: not an item of a plan: global b");
        assert!(Plan::parse("global b c").is_err());
    }
}

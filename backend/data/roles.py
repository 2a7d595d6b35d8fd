"""Which column of a stranger's table is which: told by its name in several languages."""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from typing import Final

from backend.schema import Col

INTERACTION_ROLES: Final = (
    Col.USER_ID,
    Col.ITEM_ID,
    Col.RATING,
    Col.TIMESTAMP,
    Col.REVIEW,
    Col.SPLIT,
)
ITEM_ROLES: Final = (
    Col.ITEM_ID,
    Col.TITLE,
    Col.TEXT,
    Col.CATEGORY,
    Col.PRICE,
    Col.IMAGE,
    Col.AUDIO,
    Col.VIDEO,
)

_NAMES: Final[Mapping[Col, str]] = {
    Col.USER_ID: """
        user userid uid username usernum reviewerid reviewer customer
        customerid custid client clientid buyer buyerid member memberid
        visitor visitorid account accountid session sessionid person personid
        author authorid nutzer nutzerid benutzer benutzerid kunde kundeid
        kundennr kundennummer utilisateur idutilisateur client idclient
        acheteur usuario idusuario cliente idcliente comprador utente idutente
        utilizador gebruiker gebruikerid klant klantid klantnummer uzytkownik
        iduzytkownika klient idklienta пользователь покупатель клиент 用户 用户id
        用户编号 会员 顾客 客户 ユーザー ユーザーid 顧客 顧客id 사용자 사용자id 고객""",
    Col.ITEM_ID: """
        item itemid iid itemnum asin parentasin product productid prodid sku
        skuid article articleid articlenumber productcode movie movieid film
        filmid video videoid photoid song songid track trackid trackuri book
        bookid isbn business businessid recipe recipeid news newsid post
        postid goodsid listing listingid artikel artikelid artikelnr
        artikelnummer produkt produktid produktnr produit idproduit article
        idarticle producto idproducto articulo idarticulo prodotto idprodotto
        articolo idarticolo produto idproduto artigo productnummer idproduktu
        towar товар артикул идтовара 商品 商品id 商品编号 物品 物品id
        アイテム 商品番号 상품 상품id 제품""",
    Col.RATING: """
        rating ratings score stars star overall overallrating grade points
        label click clicked preference weight quantity count plays playcount
        bewertung sterne note punkte évaluation etoiles calificación
        puntuación valoración estrellas nota valutazione voto avaliação
        beoordeling waardering ocena оценка рейтинг 评分 打分 星级 評価 評点 평점 별점""",
    Col.TIMESTAMP: """
        timestamp time date datetime day when createdat created created_utc ts
        eventtime unixtime unixreviewtime reviewtime tdat purchasedate
        orderdate orderedat ratedat eventtimestamp interactiontime zeit
        zeitpunkt zeitstempel datum uhrzeit bestelldatum kaufdatum horodatage
        dateachat heure fecha hora fechacompra data dataora dataacquisto
        dataehora tijd tijdstip besteldatum czas datazakupu дата время 时间 时间戳
        日期 日時 日付 タイムスタンプ 시간 날짜""",
    Col.REVIEW: """
        review reviewtext reviewbody comment comments commenttext feedback
        opinion rezension kommentar bewertungstext avis commentaire reseña
        comentario opinión recensione commento comentário resenha recensie
        opmerking recenzja komentarz отзыв комментарий 评论 评价 レビュー 口コミ リコメント 리뷰
        댓글""",
    Col.SPLIT: """
        split set fold partition subset xlabel phase aufteilung teilmenge
        partition particion partizione 划分 分割""",
    Col.TITLE: """
        title name itemname productname producttitle prodname movietitle
        moviename booktitle trackname songname headline heading caption label
        titel bezeichnung artikelname produktname titre nom intitule libelle
        titulo nombre nombreproducto titolo nome nomeprodotto nomeproduto naam
        productnaam tytul nazwa nazwaproduktu название наименование имя 标题 名称
        商品名称 题目 タイトル 商品名 名前 제목 이름 상품명""",
    Col.TEXT: """
        text description desc detaildesc productdescription itemdescription
        longdescription shortdescription summary overview plot abstract
        synopsis body content details about beschreibung produktbeschreibung
        beschreibungstext zusammenfassung inhalt langtext texte descriptif
        resume contenu descripcion resumen contenido texto descrizione
        riassunto testo descrição resumo conteúdo omschrijving beschrijving
        samenvatting opis tresc описание текст 描述 简介 内容 文本 商品描述 説明 商品説明 概要 内容
        본문 설명 상품설명""",
    Col.CATEGORY: """
        category categories cat maincategory categoryname genre genres class
        classes type producttype producttypename productgroup department
        section topic tag tags kategorie kategorien warengruppe produktgruppe
        gattung catégorie catégories rayon categoría categorías género géneros
        categoria categorie generi genere gênero rubriek kategoria gatunek
        категория жанр раздел 类别 分类 类目 类型
        カテゴリ カテゴリー ジャンル 카테고리 분류 장르""",
    Col.PRICE: """
        price unitprice listprice saleprice cost amount preis einzelpreis
        verkaufspreis prix prixunitaire precio preciounitario prezzo preço
        prijs cena цена стоимость 价格 单价 售价 価格 値段 가격""",
    Col.IMAGE: """
        image images img imageurl imageurls imgurl imurl imageurlhighres
        imagepath imagefile imagefilename picture pictureurl photo photourl
        poster posterurl posterpath cover coverurl thumbnail thumbnailurl bild
        bilder bildurl foto fotourl photo imagen imágenes immagine imagem
        afbeelding zdjecie obraz изображение картинка фото 图片 图像 图片链接 封面 画像
        画像url 写真 이미지 사진""",
    Col.AUDIO: """
        audio sound audiofile audiopath audiourl mp3 ton klang son sonido
        suono dźwięk звук аудио 音频 音声 오디오""",
    Col.VIDEO: """
        video videofile videopath videourl trailer clip film vidéo видео 视频 動画
        ビデオ 비디오""",
}


def plain_name(column: str) -> str:
    """A column's name without case, accents, blanks and punctuation."""
    decomposed = unicodedata.normalize("NFKD", column.casefold())
    return re.sub(r"[\W_]+", "", "".join(c for c in decomposed if not unicodedata.combining(c)))


_ROLES: Final[Mapping[Col, frozenset[str]]] = {
    role: frozenset({plain_name(role), *map(plain_name, names.split())})
    for role, names in _NAMES.items()
}


def roles_by_name(columns: Iterable[str], roles: Iterable[Col]) -> dict[str, Col]:
    """Column -> role for names that say it; a role goes to the first column that asks for it."""
    found: dict[str, Col] = {}
    names = list(columns)
    for role in roles:
        exact = [c for c in names if c not in found and named_exactly(c, role)]
        near = [c for c in names if c not in found and is_named(c, role)]
        for column in (*exact, *near)[:1]:
            found[column] = role
    return found


def named_exactly(column: str, role: Col) -> bool:
    """Whether the column is called as the role is."""
    return plain_name(column) == plain_name(role)


def is_named(column: str, role: Col) -> bool:
    """Whether the column's name is one that people give to that role."""
    return plain_name(column) in _ROLES[role]
